import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Collector, type Behaviour } from './collector/collector.js';
import type { ReceivedSpan } from './collector/received.js';
import { startService, type ServiceProcess } from './service-process.js';

const APP = fileURLToPath(new URL('./telemetry-app.mjs', import.meta.url));

export interface TracedOptions {
  /** How the collector is from the begin on. */
  behaviour?: Behaviour;
  protocol?: 'grpc' | 'http';
  /** More settings of the section `otel`; undefined takes one away. */
  otel?: Record<string, string | undefined>;
  env?: Record<string, string>;
}

function flagsOf(otel: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(otel).flatMap(([key, value]) => (value === undefined ? [] : [[`otel.${key}`, value]])),
  );
}

/** A service that sends its telemetry to a collector of its own. Close it. */
export class TracedService {
  private constructor(
    readonly service: ServiceProcess,
    readonly collector: Collector,
    private readonly home: string,
  ) {}

  static async start(options: TracedOptions = {}): Promise<TracedService> {
    const { behaviour = 'ok', protocol = 'grpc', otel = {}, env = {} } = options;
    const collector = await Collector.start({ protocol });
    await collector.behave(behaviour);
    const home = await mkdtemp(join(tmpdir(), 'traced-'));
    const settings = { enabled: 'true', protocol, endpoint: collector.endpoint, ...otel };
    const service = await startService({
      // Nobody waits for seconds in a test.
      env: { HOME: home, PATH: '', OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BLRP_SCHEDULE_DELAY: '100', ...env },
      stateDir: join(home, 'state'),
      main: APP,
      settings: flagsOf(settings),
    });
    return new TracedService(service, collector, home);
  }

  /** Has it do so many traced operations; gives the bytes of memory it holds then. */
  async operate(count: number): Promise<number> {
    const answer = await this.service.get(`/test/operations?count=${count}`);
    return (answer as { rss: number }).rss;
  }

  /** The spans that `operate` leads to. */
  operations(): ReceivedSpan[] {
    return this.collector.spans().filter(({ name }) => name === 'test.operation');
  }

  /** Ends the service as `docker stop` does; gives how long that took. */
  async stop(): Promise<number> {
    const startedAt = Date.now();
    await this.service.stop();
    return Date.now() - startedAt;
  }

  /** The lines of its log that hold these words. */
  lines(words: RegExp): string[] {
    return this.service
      .output()
      .split('\n')
      .filter((line) => words.test(line));
  }

  async close(): Promise<void> {
    await this.service.kill();
    await this.collector.close();
    await rm(this.home, { recursive: true, force: true });
  }
}
