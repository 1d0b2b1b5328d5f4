import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseJsonLines } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

export interface AgentHomeOptions {
  providerUrl: string;
  /** The trusted project folder; one inside the home by default. */
  cwd?: string;
  timeZone?: string;
}

/** A temporary HOME with a project folder, for the processes of one agent. */
export class AgentHome {
  readonly path: string;
  readonly cwd: string;
  /** The complete environment of every process in this home. */
  readonly env: Record<string, string>;

  constructor(path: string, cwd: string, env: Record<string, string>) {
    this.path = path;
    this.cwd = cwd;
    this.env = env;
  }

  async dispose(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The folders of a new home. */
export async function makeFolders(
  agent: string,
  { cwd }: AgentHomeOptions,
): Promise<{ path: string; cwd: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), `${agent}-home-`)));
  const project = cwd ?? join(path, 'project');
  await mkdir(join(path, 'tmp'));
  await mkdir(project, { recursive: true });
  return { path, cwd: await realpath(project) };
}

/** What every agent needs; of this machine only the PATH. */
export function basicEnvironment(
  home: string,
  { providerUrl, timeZone = 'UTC' }: AgentHomeOptions,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    // Agents leave small files there.
    TMPDIR: join(home, 'tmp'),
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TZ: timeZone,
    // Whatever else they would ask for outside ends at the provider, which refuses to be a proxy.
    HTTPS_PROXY: providerUrl,
    NO_PROXY: '127.0.0.1,localhost',
  };
}

/** The paths of all files below a folder; none where there is no such folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The records of the file with that ending, of which there has to be one. */
export async function readOnly(paths: string[], ending: string): Promise<JsonRecord[]> {
  const [path, ...others] = paths.filter((candidate) => candidate.endsWith(ending));
  if (!path || others.length > 0) throw new Error(`Not one file ${ending} but ${JSON.stringify(paths)}`);
  return parseJsonLines(await readFile(path, 'utf8'));
}

export async function writeJson(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(value));
}
