import { statSync, type Stats } from 'node:fs';

/** What the system tells of a file; undefined where there is none, or it may not be looked at. Never throws. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
