import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { until } from '../support/until.js';

const run = promisify(execFile);
const RULES = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

/** Where `prometheus` and `promtool` are. */
export type Programs = Readonly<{ prometheus: string; promtool: string; version: string }>;

/** Finds Prometheus on this machine, or unpacks the Debian package into `dir`; else says why there is none. */
export async function findPrometheus(dir: string): Promise<Programs | string> {
  const onPath = await programsIn('');
  if (onPath !== undefined) return onPath;
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: dir });
  try {
    // Unpacked, not installed: the package would start a service of its own. Package lists may be out of date.
    await download().catch(() => run('apt-get', ['update', '-qq']).then(download));
  } catch (error) {
    return `no prometheus on PATH, and the Debian package cannot be had: ${firstLine(error)}`;
  }
  await run('sh', ['-c', 'dpkg-deb -x prometheus_*.deb unpacked'], { cwd: dir });
  return (
    (await programsIn(join(dir, 'unpacked/usr/bin/'))) ?? 'the Debian package holds no prometheus that runs'
  );
}

async function programsIn(prefix: string): Promise<Programs | undefined> {
  const [prometheus, promtool] = [`${prefix}prometheus`, `${prefix}promtool`];
  try {
    const [{ stdout }] = await Promise.all([run(prometheus, ['--version']), run(promtool, ['--version'])]);
    return { prometheus, promtool, version: /version (\S+)/.exec(stdout)?.[1] ?? '?' };
  } catch {
    return undefined;
  }
}

function firstLine(error: unknown): string {
  return Error.isError(error) ? error.message.trim().split('\n').slice(0, 2).join(' ') : String(error);
}

/** A Prometheus of its own on loopback that scrapes one service and evaluates our rules. */
export class PrometheusProcess {
  private text = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
  }

  static async start({ prometheus }: Programs, dir: string, target: string): Promise<PrometheusProcess> {
    const config = join(dir, 'prometheus.yml');
    const ours = await readFile(join(RULES, 'prometheus.yml'), 'utf8');
    await writeFile(
      config,
      ours
        .replace('127.0.0.1:7654', new URL(target).host)
        .replaceAll('15s', '1s')
        .replace('alerts.yml', join(RULES, 'alerts.yml')),
    );
    const port = await freePort();
    const flags = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const child = spawn(prometheus, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    return new PrometheusProcess(child, `http://127.0.0.1:${port}`);
  }

  /** The `data` of an answer of its API. Rejects with what it says is wrong. */
  async ask(path: string, query: Record<string, string> = {}): Promise<unknown> {
    const url = new URL(`/api/v1/${path}`, this.url);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const body: unknown = await (await fetch(url)).json();
    if (
      typeof body === 'object' &&
      body !== null &&
      'status' in body &&
      body.status === 'success' &&
      'data' in body
    )
      return body.data;
    throw new Error(`${path} ${JSON.stringify(query)}: ${JSON.stringify(body)}`);
  }

  /** Asks until the answer holds what is looked for. */
  async untilAnswer(path: string, isWanted: (data: string) => boolean, timeoutMs = 30_000): Promise<void> {
    let last = '';
    const check = async () => {
      last = await this.ask(path).then(JSON.stringify, String);
      return isWanted(last) || undefined;
    };
    await until(check, { timeoutMs, failure: () => `${path}: ${last}\n${this.text}` });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }
}

/** A port on loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
