import { rm } from 'node:fs/promises';
import { PalingenesisError } from '../core/errors.js';
import { readWhole, replaceWhole } from '../platform/whole-file.js';

/** For its owner alone: what stands in settings is nobody else's business. */
const MODE_IF_NEW = 0o600;

/** What a file holds and what it is to hold; undefined for no file. */
export type Change = Readonly<{ path: string; before: Buffer | undefined; after: Buffer | undefined }>;

export function isChange({ before, after }: Change): boolean {
  return before === undefined || after === undefined ? before !== after : !before.equals(after);
}

/** Throws a `PalingenesisError` where a file does not hold any more what it held. */
export async function checkUnchanged(changes: readonly Change[]): Promise<void> {
  for (const { path, before } of changes)
    if (isChange({ path, before: await readWhole(path), after: before }))
      throw new PalingenesisError(
        'file-not-editable',
        `${path} was changed just now; look at it again, nothing was changed`,
      );
}

/** Each file is replaced as a whole. */
export async function makeChanges(changes: readonly Change[]): Promise<void> {
  for (const { path, after } of changes) {
    if (after === undefined) await rm(path, { force: true });
    else await replaceWhole(path, after, MODE_IF_NEW);
  }
}
