import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { redactText } from '../core/redact-text.js';
import type { Change } from './change.js';

const NO_FILE = '/dev/null';

/** A change as a unified diff, without the secrets that may stand in the lines around it. */
export function showChange({ path, before, after }: Change): string {
  const [old, next] = [before, after].map((bytes) => bytes?.toString('utf8').replaceAll('\r\n', '\n') ?? '');
  const names = [before, after].map((bytes) => (bytes === undefined ? NO_FILE : path));
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  const patch = createTwoFilesPatch(names[0] ?? '', names[1] ?? '', old ?? '', next ?? '', '', '', options);
  return patch.trimEnd().split('\n').map(redactText).join('\n');
}
