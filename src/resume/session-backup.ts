import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { Clock } from '../core/ports/clock.js';
import type { SessionSnapshot } from '../core/session.js';
import { iso, type EpochMs } from '../core/stop.js';
import { SessionStory } from './session-story.js';

const BACKUP = /^session-backup-\d{8}-\d{6}-/;

/** Copies of sessions that are about to be left behind, in the state folder, for their owner alone; the newest are kept. */
@Injectable()
export class SessionBackups {
  readonly #log = new Logger('Backup');

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly story: SessionStory,
  ) {}

  get folder(): string {
    return join(this.config.state.dir, 'backups');
  }

  /** The path of the copy. One that cannot be made costs a warning, never the work: then it is undefined. */
  async backUp(session: SessionSnapshot): Promise<string | undefined> {
    if (this.config.resume.backupsKeep === 0) return undefined;
    const path = join(this.folder, nameOf(session, this.clock.nowMs()));
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await this.#write(path, session);
      await this.#prune();
      return path;
    } catch (error) {
      this.#log.warn(`session ${session.id} is not backed up: ${messageOf(error)}`);
      await rm(path, { force: true }).catch(() => undefined);
      return undefined;
    }
  }

  async #write(path: string, session: SessionSnapshot): Promise<void> {
    const file = await open(path, 'w', 0o600);
    try {
      for await (const line of this.story.lines(session)) await file.write(`${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Their names sort by time. */
  async #prune(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => BACKUP.test(name)).sort();
    const old = names.slice(0, Math.max(0, names.length - this.config.resume.backupsKeep));
    for (const name of old) await rm(join(this.folder, name), { force: true });
  }
}

/** In UTC. */
function nameOf({ agent, id }: SessionSnapshot, nowMs: EpochMs): string {
  const [day = '', time = ''] = iso(nowMs)
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .split('T');
  return `session-backup-${day}-${time}-${agent}-${id.replaceAll(/[^\w-]/g, '').slice(0, 40)}.jsonl`;
}
