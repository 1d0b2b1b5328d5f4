import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../core/errors.js';

/** Another service works on this state folder. */
export class AlreadyRunningError extends Error {
  constructor(stateDir: string, holder: string) {
    super(
      `another palingenesis${holder} works on ${stateDir}; stop it, or give this one a state.dir of its own`,
    );
    this.name = 'AlreadyRunningError';
  }
}

/** The state folder cannot be used, such as one that is read-only. */
export class StateFolderError extends Error {
  constructor(stateDir: string, cause: unknown) {
    const what = `the state folder ${stateDir} cannot be written (${messageOf(cause)})`;
    super(`${what}; make it writable, or name another one with state.dir`, { cause });
    this.name = 'StateFolderError';
  }
}

/** SQLite's own number: another one holds the lock. */
const BUSY = 5;

/**
 * Makes this process the only service of a state folder until it ends, however it ends: the lock is
 * SQLite's own on a file, which the system drops with the process. Throws `AlreadyRunningError` or
 * `StateFolderError`.
 */
export function lockInstance(stateDir: string): () => void {
  const pidFile = join(stateDir, 'instance.pid');
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const lock = locked(join(stateDir, 'instance.lock'));
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
    return () => lock.close();
  } catch (error) {
    if (Error.isError(error) && 'errcode' in error && error.errcode === BUSY)
      throw new AlreadyRunningError(stateDir, holderOf(pidFile));
    throw new StateFolderError(stateDir, error);
  }
}

function locked(file: string): DatabaseSync {
  const lock = new DatabaseSync(file);
  try {
    lock.exec('pragma busy_timeout = 0; begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

function holderOf(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
