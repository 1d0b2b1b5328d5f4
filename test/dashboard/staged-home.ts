import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newId } from '../../src/core/ids.js';
import { EpisodeRepository } from '../../src/store/episode.repository.js';
import { openDatabase } from '../../src/store/database.js';
import { endProcessesOf } from '../agents/home-processes.js';
import { linesOf, recordings } from '../contracts/recordings.js';
import { anEpisode, aStop } from '../support/an-episode.js';
import { startService, type ServiceProcess } from '../support/service-process.js';

const FAKE_CLAUDE = fileURLToPath(new URL('../support/fake-claude.mjs', import.meta.url));
/** As far as anybody looks: that there is one. */
const LOGIN = JSON.stringify({ accessToken: 'made-up', access_token: 'made-up' });
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A recorded session as if it had been played in `project`, its last record so long ago. */
export interface Played {
  agent: 'claude-code' | 'codex' | 'gemini-cli';
  scenario: string;
  project: string;
  agoMs: number;
  /** When the limit it ends with lifts, from now on. */
  resetInMs?: number;
}

/** A home of its own, with recorded sessions in it, and Claude Code replaced by a stand-in. */
export class StagedHome {
  private constructor(
    readonly path: string,
    readonly cwd: string,
  ) {}

  static async create(): Promise<StagedHome> {
    const path = await realpath(await mkdtemp(join(tmpdir(), 'dev-')));
    const cwd = join(path, 'haiku');
    await mkdir(cwd);
    await mkdir(join(path, '.claude'));
    await writeFile(join(path, '.claude/.credentials.json'), LOGIN);
    await mkdir(join(path, '.codex'));
    await writeFile(join(path, '.codex/auth.json'), LOGIN);
    const agent = join(path, 'claude');
    await writeFile(agent, `#!/bin/sh\nexec '${process.execPath}' '${FAKE_CLAUDE}' "$@"\n`);
    await chmod(agent, 0o755);
    return new StagedHome(path, cwd);
  }

  /** `slowMs`: how long the stand-in works on what it is told to be slow about. */
  startService(settings: Record<string, string> = {}, slowMs = 3000): Promise<ServiceProcess> {
    const env = { HOME: this.path, PATH: process.env['PATH'] ?? '', FAKE_CLAUDE_SLOW_MS: String(slowMs) };
    const stateDir = join(this.path, 'state');
    return startService({ env, stateDir, command: join(this.path, 'claude'), settings });
  }

  /** What the service has made to be let in with. */
  async token(scope: 'read' | 'control'): Promise<string> {
    return (await readFile(join(this.path, 'state', `${scope}.token`), 'utf8')).trim();
  }

  /** Writes a recording where its agent would have; returns the session's id. */
  async play(played: Played): Promise<string> {
    const recording = recordings(played.agent).find(({ scenario }) => scenario === played.scenario);
    const file = recording?.files.find((name) => /^(?:projects|sessions\/\d|gemini-tmp)/.test(name));
    if (recording === undefined || file === undefined) throw new Error(`no recording of ${played.scenario}`);
    const text = linesOf(recording, file).join('\n');
    const oldId = /"session_?[iI]d":"([^"]+)"/.exec(text)?.[1] ?? '';
    // Codex takes the time of a session from its id.
    const id = played.agent === 'codex' ? `${oldId.slice(0, -12)}${randomUUID().slice(-12)}` : randomUUID();
    const cwd = join(this.path, played.project);
    await mkdir(cwd, { recursive: true });
    const lines = `${retell(text, cwd, played).replaceAll(oldId, id)}\n`;
    const path = join(this.path, homeOf(played, cwd), basename(file).replace(oldId, id));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, lines);
    const at = new Date(Date.now() - played.agoMs);
    await utimes(path, at, at);
    return id;
  }

  /** Stores episodes that were saved on each of the last days, the oldest day first. */
  async haveSaved(savesByDay: readonly number[]): Promise<void> {
    const db = await openDatabase(join(this.path, 'state/palingenesis.db'));
    const episodes = new EpisodeRepository(db);
    for (const [index, saves] of savesByDay.entries())
      for (let nth = 0; nth < saves; nth += 1) {
        const atMs = Date.now() - (savesByDay.length - 1 - index) * DAY_MS - (nth + 1) * MINUTE_MS;
        await episodes.create(savedEpisode(atMs));
      }
    await db.destroy();
  }

  /** Once the service has ended: what it has started outlives it. */
  async dispose(): Promise<void> {
    await endProcessesOf(this.path);
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function savedEpisode(atMs: number) {
  const createdAtMs = atMs - 3 * HOUR_MS;
  return anEpisode({
    id: newId('ep', createdAtMs, randomUUID()),
    sessionId: randomUUID(),
    contract: { cwd: '/home/dev/search-index', home: '/home/dev/.claude', permissionMode: 'acceptEdits' },
    stop: aStop({ recordId: randomUUID(), atMs: createdAtMs }),
    state: 'saved',
    why: 'new assistant work, and the run ended well',
    attempts: 1,
    timeSavedMs: (20 + (Math.floor(atMs / MINUTE_MS) % 5) * 12) * MINUTE_MS,
    createdAtMs,
    updatedAtMs: atMs,
  });
}

function homeOf({ agent, project }: Played, cwd: string): string {
  if (agent === 'claude-code') return join('.claude/projects', cwd.replaceAll(/[^a-zA-Z0-9]/g, '-'));
  if (agent === 'codex')
    return join('.codex/sessions', new Date().toISOString().slice(0, 10).replaceAll('-', '/'));
  return join('.gemini/tmp', project, 'chats');
}

/** Moves the times of a recording, and the reset it names. */
function retell(text: string, cwd: string, { agoMs, resetInMs = 0 }: Played): string {
  const times = [...text.matchAll(/"timestamp":"([^"]+)"/g)].map(([, at = '']) => Date.parse(at));
  const shiftMs = Date.now() - agoMs - Math.max(...times);
  const resetMs = Math.ceil((Date.now() + resetInMs) / MINUTE_MS) * MINUTE_MS;
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (at) => iso(Date.parse(at) + shiftMs))
    .replaceAll('/home/dev/project', cwd)
    .replaceAll(/resets [^"\\]+\(UTC\)/g, `resets ${clock(resetMs)} (UTC)`)
    .replaceAll(/"used_percent":100,"window_minutes":300,"resets_at":\d+/g, (full) =>
      full.replace(/\d+$/, String(resetMs / 1000)),
    );
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** As Claude Code writes it: the date only where it is more than a day away. */
function clock(atMs: number): string {
  const at = new Date(atMs);
  const options = { hour: 'numeric', minute: '2-digit', timeZone: 'UTC' } as const;
  const time = at.toLocaleTimeString('en-US', options).replace(/\s/, '').toLowerCase();
  if (atMs - Date.now() < DAY_MS) return time;
  return `${at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' })}, ${time}`;
}
