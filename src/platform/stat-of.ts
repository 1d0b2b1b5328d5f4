import { statSync, type BigIntStats, type Stats } from 'node:fs';

/** What there is at a path, or undefined: nothing, or nothing that may be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The same with numbers that do not fit a double, such as inodes. */
export function bigStatOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
