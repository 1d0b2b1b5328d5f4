import { existsSync, renameSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import type { Kysely } from 'kysely';
import { messageOf } from '../core/errors.js';
import { openDatabase } from './database.js';
import type { Schema } from './schema.js';

/** SQLite's own numbers: the file is damaged, or is no database at all. */
const DAMAGED: readonly unknown[] = [11, 26];

/**
 * Opens the database. One that is damaged is kept aside and a new one is begun: sessions are resumed further, what they
 * were up to is read from their own records. Anything else that is wrong with it is thrown.
 */
export async function openOrReplace(path: string, nowMs: number): Promise<Kysely<Schema>> {
  try {
    return await openDatabase(path);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    const aside = `${path}.damaged-${nowMs}`;
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    new Logger('Store').error(
      `${path} is damaged (${messageOf(error)}): it is kept as ${aside}, and a new one is begun. ` +
        'Earlier episodes and the audit trail are only in that file',
    );
    return openDatabase(path);
  }
}

function isDamaged(error: unknown): boolean {
  if (!Error.isError(error)) return false;
  const isOwn = 'errcode' in error && DAMAGED.includes(error.errcode);
  return isOwn || isDamaged(error.cause);
}
