import { PalingenesisError } from '../core/errors.js';

/** A file that is left as it is. `problem` says what is wrong with it, and in which line where that is known. */
export function notEditable(path: string, problem: string): PalingenesisError {
  const message = `${path}: ${problem}; put that right and try again, nothing was changed`;
  return new PalingenesisError('file-not-editable', message);
}
