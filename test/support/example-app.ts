import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './until.js';

const TIMEOUT_MS = 20_000;

/** The application of `examples/custom-modules`. */
export class ExampleApp {
  private constructor(
    private readonly child: ChildProcess,
    private readonly home: string,
    private readonly url: string,
  ) {}

  /** Rejects with what it says where it ends instead. `folder` holds the built example; everything it writes goes below `home`. */
  static async start(folder: string, home: string): Promise<ExampleApp> {
    const env = {
      HOME: home,
      PATH: process.env['PATH'],
      PORT: '0',
      SCRIBE_HOME: join(home, 'scribe'),
      NOTEBOOK: join(home, 'notebook.txt'),
      PALINGENESIS_RESUME__MARGIN_STRUCTURED_S: '0',
    };
    const child = spawn(process.execPath, [join(folder, 'dist/main.js')], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    const heard = async () => {
      if (child.exitCode !== null) throw new Error(said);
      return /listening on (http:\S+)/.exec(said)?.[1];
    };
    const url = await until(heard, { timeoutMs: TIMEOUT_MS, failure: () => said });
    return new ExampleApp(child, home, url);
  }

  async get(path: string): Promise<Response> {
    return fetch(new URL(path, this.url));
  }

  async untilSaved(): Promise<unknown> {
    let last: unknown;
    const check = async () => {
      last = await (await this.get('/pages')).json();
      return JSON.stringify(last).includes('"saved":["at-a-limit"]') || undefined;
    };
    await until(check, { timeoutMs: TIMEOUT_MS, failure: () => JSON.stringify(last) });
    return last;
  }

  notebook(): Promise<string> {
    return readFile(join(this.home, 'notebook.txt'), 'utf8');
  }

  /** The records of a session, in their order. */
  async records(id: string): Promise<readonly unknown[]> {
    const text = await readFile(join(this.home, 'scribe', `${id}.jsonl`), 'utf8');
    return text
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }

  /** Ends it as a supervisor would, and says how it ended: by the signal, once all is put away. */
  async stop(): Promise<NodeJS.Signals | number | null> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
    return this.child.signalCode ?? this.child.exitCode;
  }
}

/** Writes both sessions, the limit to be lifted in a moment. */
export async function writeSessions(home: string): Promise<void> {
  const folder = join(home, 'scribe');
  await mkdir(folder, { recursive: true });
  const at = new Date().toISOString();
  const resets_at = new Date(Date.now() + 2000).toISOString();
  const begin = { type: 'prompt', id: '1', at, text: 'write', cwd: folder };
  const sessions = {
    'at-a-limit': { type: 'failed', id: '2', at, why: 'limit', resets_at },
    'logged-out': { type: 'failed', id: '2', at, why: 'login' },
  };
  for (const [id, end] of Object.entries(sessions))
    await writeFile(join(folder, `${id}.jsonl`), `${JSON.stringify(begin)}\n${JSON.stringify(end)}\n`);
}
