import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another service works on this state folder. */
export class AlreadyRunningError extends Error {
  constructor(stateDir: string, holder: string) {
    super(
      `another palingenesis${holder} works on ${stateDir}; stop it, or give this one a state.dir of its own`,
    );
    this.name = 'AlreadyRunningError';
  }
}

/**
 * Makes this process the only service of a state folder until it ends, however it ends: the lock is
 * SQLite's own on a file, which the system drops with the process. Throws `AlreadyRunningError`.
 */
export function lockInstance(stateDir: string): () => void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(stateDir, 'instance.lock'));
  const pidFile = join(stateDir, 'instance.pid');
  try {
    lock.exec('pragma busy_timeout = 0; begin exclusive');
  } catch {
    lock.close();
    throw new AlreadyRunningError(stateDir, holderOf(pidFile));
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return () => lock.close();
}

function holderOf(pidFile: string): string {
  try {
    return ` (process ${readFileSync(pidFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
