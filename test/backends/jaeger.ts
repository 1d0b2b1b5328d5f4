import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../src/core/errors.js';
import { until } from '../support/until.js';
import { freePort } from './prometheus.js';

const run = promisify(execFile);
const MODULE = 'github.com/jaegertracing/jaeger';
/** The last of the series whose one program holds everything and needs no configuration. */
const VERSION = 'v1.76.0';
const CACHE = fileURLToPath(new URL('../../.backends/', import.meta.url));
const BUILD_TIMEOUT_MS = 12 * 60_000;

/** Builds Jaeger from its Go module, once, into `.backends/`; gives the program, or else says why there is none. */
export async function findJaeger(): Promise<{ program: string } | string> {
  const program = `${CACHE}jaeger-${VERSION}`;
  if (await exists(program)) return { program };
  try {
    await run('go', ['version']);
  } catch {
    return 'there is no Go on PATH to build it with';
  }
  try {
    await build(program);
  } catch (error) {
    return `${MODULE}@${VERSION} cannot be built: ${messageOf(error).slice(0, 500)}`;
  }
  return { program };
}

/** In the folder of the module: what it says about its dependencies counts only there. */
async function build(program: string): Promise<void> {
  process.stderr.write(`building ${MODULE}@${VERSION}, which takes minutes, once …\n`);
  const limits = { timeout: BUILD_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], limits);
  const { Dir: cwd }: { Dir: string } = JSON.parse(stdout);
  await mkdir(CACHE, { recursive: true });
  await run('go', ['build', '-o', `${program}.part`, './cmd/all-in-one'], { ...limits, cwd });
  await rename(`${program}.part`, program);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export interface JaegerSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references: { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }[];
  tags: { key: string; value: unknown }[];
}

/** A Jaeger of its own on loopback that keeps what it gets in memory. */
export class JaegerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    /** Where it takes OTLP. */
    readonly endpoints: Readonly<Record<'grpc' | 'http', string>>,
  ) {}

  static async start(program: string): Promise<JaegerProcess> {
    const address = async () => `127.0.0.1:${await freePort()}`;
    const [grpc, http, query] = [await address(), await address(), await address()];
    const flags = {
      'collector.otlp.grpc.host-port': grpc,
      'collector.otlp.http.host-port': http,
      'query.http-server.host-port': query,
      'query.grpc-server.host-port': await address(),
      'collector.grpc-server.host-port': await address(),
      'collector.http-server.host-port': await address(),
      'admin.http.host-port': await address(),
    };
    const argv = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    // It would trace itself, too.
    const env = { ...process.env, OTEL_TRACES_SAMPLER: 'always_off' };
    const child = spawn(program, argv, { env, stdio: 'ignore' });
    const endpoints = { grpc: `http://${grpc}`, http: `http://${http}` };
    const jaeger = new JaegerProcess(child, `http://${query}`, endpoints);
    await jaeger.untilTraces('nobody', () => true);
    return jaeger;
  }

  /** Asks for the traces of a service until they are as wanted; gives the spans of each. */
  async untilTraces(service: string, isWanted: (traces: JaegerSpan[][]) => boolean): Promise<JaegerSpan[][]> {
    let last: unknown;
    const check = async () => {
      const traces = await this.#traces(service).catch((error: unknown) => void (last = error));
      last = traces ?? last;
      return traces !== undefined && isWanted(traces) ? traces : undefined;
    };
    const failure = () => `Jaeger's traces of ${service}: ${JSON.stringify(last)}`;
    return until(check, { timeoutMs: 30_000, failure });
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exit;
  }

  async #traces(service: string): Promise<JaegerSpan[][]> {
    const response = await fetch(`${this.url}/api/traces?service=${service}&limit=100`);
    const { data }: { data: { spans: JaegerSpan[] }[] } = JSON.parse(await response.text());
    return data.map(({ spans }) => spans);
  }
}
