import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { UNTOLD, type AttachedWorkflow, type FrontMatterProblem } from '../../core/workflow.js';
import { FolderWatch } from '../../platform/folder-watch.js';
import { WorkflowFile } from './workflow-file.js';

export type FolderLimits = Readonly<{ maxHeadBytes: number; maxFiles: number }>;

export type FolderListener = Readonly<{
  /** Something may have changed: `look` soon. */
  onChange: (folder: WorkflowFolder) => void;
  /** Not told of what the first look finds. */
  onProgressed: (file: WorkflowFile) => void;
  onUnreadable: (path: string, problem: FrontMatterProblem) => void;
  onTooMany: (folder: WorkflowFolder) => void;
}>;

type Found = Readonly<{ path: string; info: Stats }>;

const isMarkdown = (path: string): boolean => /\.md$/i.test(path);
const isNextStep = (path: string): boolean => /^next-step\.md$/i.test(basename(path));

/** The workflow files that lie directly in one folder. */
export class WorkflowFolder {
  readonly #watch: FolderWatch;
  #files: ReadonlyMap<string, WorkflowFile> = new Map();
  #nextStep: Found | undefined;
  #looks = 0;
  #hadTooMany = false;
  /** The folder without links, as agents name their working directories. */
  realPath: string;

  constructor(
    readonly path: string,
    private readonly limits: FolderLimits,
    private readonly listener: FolderListener,
  ) {
    this.realPath = path;
    this.#watch = new FolderWatch(path, {
      depth: 0,
      onFile: (file) => {
        if (isMarkdown(file)) listener.onChange(this);
      },
    });
  }

  close(): void {
    this.#watch.close();
  }

  /** Reads what has changed. One call at a time. */
  async look(): Promise<void> {
    const found = await newestFirst((await this.#watch.scan()).filter(isMarkdown));
    this.realPath = await realpath(this.path).catch(() => this.path);
    this.#nextStep = found.find(({ path }) => isNextStep(path));
    const files = found.filter(({ path }) => !isNextStep(path));
    this.#noteHowMany(files.length);
    await this.#readAll(files.slice(0, this.limits.maxFiles));
    this.#looks += 1;
  }

  /** Its workflows; where it has none, what its `Next-step.md` tells by being there. */
  workflows(): readonly AttachedWorkflow[] {
    const nextStepFile = this.#nextStep?.path;
    const known = [...this.#files.values()].flatMap(({ path, workflow, changedMs }) =>
      workflow === undefined ? [] : [{ file: path, workflow, nextStepFile, changedMs }],
    );
    if (known.length > 0 || this.#nextStep === undefined) return known;
    const { mtimeMs } = this.#nextStep.info;
    return [{ file: undefined, workflow: UNTOLD, nextStepFile, changedMs: mtimeMs }];
  }

  async #readAll(found: readonly Found[]): Promise<void> {
    const { maxHeadBytes } = this.limits;
    this.#files = new Map(
      found.map(({ path }) => [path, this.#files.get(path) ?? new WorkflowFile(path, maxHeadBytes)]),
    );
    for (const { path, info } of found) await this.#read(path, info);
  }

  async #read(path: string, info: Stats): Promise<void> {
    const file = this.#files.get(path);
    if (file === undefined) return;
    const { progressed, problems } = await file.advance(info);
    if (progressed && this.#looks > 0) this.listener.onProgressed(file);
    for (const problem of problems) this.listener.onUnreadable(path, problem);
  }

  #noteHowMany(count: number): void {
    const isTooMany = count > this.limits.maxFiles;
    if (isTooMany && !this.#hadTooMany) this.listener.onTooMany(this);
    this.#hadTooMany = isTooMany;
  }
}

async function newestFirst(paths: readonly string[]): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info?.isFile() === true) found.push({ path, info });
  }
  return found.sort((a, b) => b.info.mtimeMs - a.info.mtimeMs);
}
