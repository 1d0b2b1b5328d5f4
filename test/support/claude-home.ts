import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseJsonLines, parseJsonRecord } from './json-lines.js';
import type { JsonRecord } from './json-lines.js';

const API_KEY = 'sk-ant-api03-made-up-key-of-a-test';
const FAR_FUTURE_MS = 4_102_444_800_000;

export type ClaudeAccount = 'subscription' | 'api-key';

export interface ClaudeHomeOptions {
  providerUrl: string;
  account: ClaudeAccount;
  /** The trusted project folder; one inside the home by default. */
  cwd?: string;
  timeZone?: string;
}

/** A temporary HOME in which Claude Code is set up, talks to the scripted provider only and asks no first-run question. */
export class ClaudeHome {
  readonly path: string;
  readonly cwd: string;
  /** The complete environment of every process in this home. */
  readonly env: Record<string, string>;

  constructor(path: string, cwd: string, env: Record<string, string>) {
    this.path = path;
    this.cwd = cwd;
    this.env = env;
  }

  get configDir(): string {
    return join(this.path, '.claude');
  }

  /** The paths of all transcripts, without those of subagents. */
  async transcripts(): Promise<string[]> {
    const projects = join(this.configDir, 'projects');
    const folders = await list(projects);
    const files = await Promise.all(folders.map(async (folder) => prefixed(join(projects, folder))));
    return files.flat().filter((file) => file.endsWith('.jsonl'));
  }

  async readTranscript(sessionId: string): Promise<JsonRecord[]> {
    const paths = (await this.transcripts()).filter((path) => basename(path) === `${sessionId}.jsonl`);
    const [path] = paths;
    if (!path || paths.length > 1)
      throw new Error(`${paths.length} transcripts of ${sessionId} in ${this.path}`);
    return parseJsonLines(await readFile(path, 'utf8'));
  }

  /** What Claude says of its living processes, one entry per process. */
  async registry(): Promise<JsonRecord[]> {
    const files = (await prefixed(join(this.configDir, 'sessions'))).filter((file) => file.endsWith('.json'));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    // An entry may be gone by now, or half written.
    return texts.filter((text) => text.trimEnd().endsWith('}')).map((text) => parseJsonRecord(text));
  }

  async dispose(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

export async function createClaudeHome(options: ClaudeHomeOptions): Promise<ClaudeHome> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'claude-home-')));
  const project = options.cwd ?? join(path, 'project');
  await mkdir(join(path, '.claude'));
  await mkdir(join(path, 'tmp'));
  await mkdir(project, { recursive: true });
  const cwd = await realpath(project);
  await writeJson(join(path, '.claude.json'), {
    hasCompletedOnboarding: true,
    theme: 'dark',
    customApiKeyResponses: { approved: [API_KEY.slice(-20)], rejected: [] },
    projects: { [cwd]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
  });
  if (options.account === 'subscription')
    await writeJson(join(path, '.claude', '.credentials.json'), credentials());
  return new ClaudeHome(path, cwd, environment(path, options));
}

function credentials(): object {
  return {
    claudeAiOauth: {
      accessToken: 'sk-ant-oat01-made-up',
      refreshToken: 'sk-ant-ort01-made-up',
      expiresAt: FAR_FUTURE_MS,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  };
}

function environment(
  home: string,
  { providerUrl, account, timeZone }: ClaudeHomeOptions,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    // Claude leaves small files there.
    TMPDIR: join(home, 'tmp'),
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TZ: timeZone ?? 'UTC',
    IS_SANDBOX: '1',
    ANTHROPIC_BASE_URL: providerUrl,
    ...(account === 'api-key' ? { ANTHROPIC_API_KEY: API_KEY } : {}),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
  };
}

async function prefixed(folder: string): Promise<string[]> {
  return (await list(folder)).map((name) => join(folder, name));
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, JSON.stringify(value));
}
