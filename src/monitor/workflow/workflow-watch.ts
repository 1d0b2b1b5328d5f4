import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { messageOf } from '../../core/errors.js';
import { Clock, type Cancel } from '../../core/ports/clock.js';
import { EventBus } from '../../core/ports/event-bus.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { WorkflowDirectory } from '../../core/ports/workflow-directory.js';
import type { SessionSnapshot } from '../../core/session.js';
import type { AttachedWorkflow, FrontMatterProblem } from '../../core/workflow.js';
import { Mailboxes } from '../mailboxes.js';
import type { WorkflowFile } from './workflow-file.js';
import { WorkflowFolder } from './workflow-folder.js';

/** A file is written in several steps; one that is looked at after the first of them is half a file. */
const SETTLE_MS = 100;

/** Follows the workflow files of the configured folders and says when one changes its state or cannot be read. */
@Injectable()
export class WorkflowWatch
  extends WorkflowDirectory
  implements OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #log = new Logger('Workflow');
  readonly #mailboxes: Mailboxes;
  readonly #cancels: Cancel[] = [];
  readonly #settling = new Set<WorkflowFolder | 'all'>();
  readonly #troubles = new Map<string, string>();
  #folders: ReadonlyMap<string, WorkflowFolder> = new Map();
  #ready: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly sessions: SessionDirectory,
  ) {
    super();
    this.#mailboxes = new Mailboxes(config.monitor.readConcurrency);
  }

  onApplicationBootstrap(): void {
    if (this.config.workflow.folders.length === 0) return;
    this.#cancels.push(
      this.bus.on('session-progressed', ({ session }) => this.#meet(session)),
      this.bus.on('session-stopped', ({ session }) => this.#meet(session)),
      this.clock.every(this.config.monitor.rescanS * 1000, () => void this.#lookAtAll()),
    );
    this.#ready = this.#start();
  }

  onApplicationShutdown(): void {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    for (const folder of this.#folders.values()) folder.close();
  }

  /** Resolves when all folders have been looked at once. */
  whenReady(): Promise<void> {
    return this.#ready;
  }

  /**
   * The workflow in the session's working directory, else in a folder inside it, else in the nearest folder around
   * it; of several the one that was changed last.
   */
  workflowOf({ view: { cwd } }: SessionSnapshot): AttachedWorkflow | undefined {
    if (cwd === undefined) return undefined;
    const candidates = [...this.#folders.values()].flatMap((folder) => {
      const rank = rankOf(folder.realPath, cwd);
      return rank === undefined ? [] : folder.workflows().map((workflow) => ({ rank, workflow }));
    });
    candidates.sort((a, b) => a.rank - b.rank || b.workflow.changedMs - a.workflow.changedMs);
    return candidates[0]?.workflow;
  }

  async #start(): Promise<void> {
    await this.#lookAtAll();
    await this.sessions.whenReady();
    await this.#lookAtAll();
  }

  async #lookAtAll(): Promise<void> {
    if (this.#closed) return;
    this.#chooseFolders();
    await Promise.all([...this.#folders.values()].map((folder) => this.#look(folder)));
  }

  /** A session may work in a directory that is new to us. */
  #meet({ view: { cwd } }: SessionSnapshot): void {
    const isNew = cwd !== undefined && this.#foldersIn(cwd).some((path) => !this.#folders.has(path));
    if (isNew) this.#soon('all', () => this.#lookAtAll());
  }

  /** Watches the folders that count now, and those alone. */
  #chooseFolders(): void {
    const fixed = this.config.workflow.folders
      .filter((path) => isAbsolute(path))
      .map((path) => resolve(path));
    const paths = new Set([...fixed, ...this.#inSessions()]);
    const before = this.#folders;
    this.#folders = new Map([...paths].map((path) => [path, before.get(path) ?? this.#newFolder(path)]));
    for (const [path, folder] of before) if (!paths.has(path)) folder.close();
  }

  /** The relative folders in the working directories of the sessions that were read, the last used first. */
  #inSessions(): readonly string[] {
    const { folders, maxFolders } = this.config.workflow;
    if (folders.every((path) => isAbsolute(path))) return [];
    const paths = new Set<string>();
    for (const { view } of this.sessions.list().toSorted((a, b) => b.modifiedMs - a.modifiedMs)) {
      if (paths.size >= maxFolders) break;
      // A directory that is gone would be waited for in whatever is left of the path to it.
      if (view.cwd === undefined || !existsSync(view.cwd)) continue;
      for (const path of this.#foldersIn(view.cwd)) paths.add(path);
    }
    return [...paths].slice(0, maxFolders);
  }

  #foldersIn(cwd: string): readonly string[] {
    const inside = this.config.workflow.folders.filter((path) => !isAbsolute(path));
    return isAbsolute(cwd) ? inside.map((path) => resolve(cwd, path)) : [];
  }

  #newFolder(path: string): WorkflowFolder {
    return new WorkflowFolder(path, this.config.workflow, {
      onChange: (folder) => this.#soon(folder, () => this.#look(folder)),
      onProgressed: (file) => this.#publishProgress(file),
      onUnreadable: (file, problem) => this.#publishProblem(file, problem),
      onTooMany: () =>
        this.#log.warn(`${path} has more markdown files than workflow.max_files; only the newest are read`),
    });
  }

  #soon(what: WorkflowFolder | 'all', look: () => Promise<void>): void {
    if (this.#settling.has(what)) return;
    this.#settling.add(what);
    this.clock.after(SETTLE_MS, () => {
      this.#settling.delete(what);
      void look();
    });
  }

  #look(folder: WorkflowFolder): Promise<void> {
    return this.#mailboxes.post(folder.path, () =>
      folder.look().catch((error: unknown) => this.#noteTrouble(folder, messageOf(error))),
    );
  }

  /** Once: what keeps a folder from being listed stays for a while. */
  #noteTrouble({ path }: WorkflowFolder, trouble: string): void {
    if (this.#troubles.get(path) !== trouble) this.#log.warn(`${path} cannot be looked at: ${trouble}`);
    this.#troubles.set(path, trouble);
  }

  #publishProgress({ path, workflow }: WorkflowFile): void {
    if (workflow === undefined) return;
    const attached = this.sessions.list().filter((session) => this.workflowOf(session)?.file === path);
    this.bus.publish({
      type: 'workflow-progressed',
      path,
      workflow,
      sessionIds: attached.map(({ id }) => id),
    });
  }

  #publishProblem(path: string, { line, problem }: FrontMatterProblem): void {
    this.#log.warn(`${path}${line === 0 ? '' : `, line ${line}`}: ${problem}`);
    this.bus.publish({ type: 'workflow-unreadable', path, line, problem });
  }
}

/** How close a folder is to a working directory, the closest lowest; undefined where neither is inside the other. */
function rankOf(folder: string, cwd: string): number | undefined {
  if (folder === cwd) return 0;
  if (isInside(relative(cwd, folder))) return 1;
  const up = relative(folder, cwd);
  return isInside(up) ? 1 + up.split(sep).length : undefined;
}

const isInside = (path: string): boolean => path !== '..' && !path.startsWith(`..${sep}`);
