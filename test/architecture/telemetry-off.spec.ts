import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startService } from '../support/service-process.js';

const TRACE = fileURLToPath(new URL('./trace-modules.mjs', import.meta.url));
const SDK = /@opentelemetry\/(?!api\/)|@grpc\/|systeminformation/;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'modules-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** The modules a service has loaded when it ends, after it has answered a request. */
async function modulesOf(settings: Record<string, string>): Promise<readonly string[]> {
  const list = join(home, 'modules.txt');
  const env = { HOME: home, PATH: '', NODE_OPTIONS: `--import=${TRACE}`, MODULE_LIST: list };
  const service = await startService({ env, stateDir: join(home, 'state'), settings });
  try {
    await service.get('/api/v1/status');
  } finally {
    await service.stop();
  }
  return (await readFile(list, 'utf8')).split('\n');
}

describe('telemetry', () => {
  it('that is off loads nothing of the OpenTelemetry SDK', async () => {
    const modules = await modulesOf({});
    expect(modules.filter((url) => SDK.test(url))).toEqual([]);
    expect(modules.some((url) => url.includes('@nestjs/core'))).toBe(true);
  });

  it('that is on loads it, and the service ends in time although nobody collects', async () => {
    const modules = await modulesOf({
      'otel.enabled': 'true',
      'otel.protocol': 'http',
      'otel.endpoint': 'http://127.0.0.1:9',
    });
    expect(modules.some((url) => url.includes('@opentelemetry/sdk-node'))).toBe(true);
    expect(modules.some((url) => url.includes('exporter-trace-otlp-http'))).toBe(true);
  }, 20_000);
});

describe('the OpenAPI document', () => {
  it('costs nothing until somebody asks for it', async () => {
    const modules = await modulesOf({});
    expect(modules.filter((url) => url.includes('@nestjs/swagger'))).toEqual([]);
  });
});
