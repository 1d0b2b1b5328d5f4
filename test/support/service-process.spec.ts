import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isJsonRecord } from './json-lines.js';
import { startService } from './service-process.js';
import type { ServiceProcess } from './service-process.js';

const STAND_IN = `
  import { createServer } from 'node:http';
  let count = 0;
  const server = createServer((request, response) => {
    if (request.url === '/late' && ++count < 3) return response.writeHead(404).end('not yet');
    response.writeHead(200, { 'content-type': 'application/json' });
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => response.end(JSON.stringify({ body, args: process.argv.slice(2), env: process.env })));
  });
  if (process.env.BROKEN) throw new Error('broken on purpose');
  server.listen(0, '127.0.0.1', () => console.log('API at http://127.0.0.1:' + server.address().port));
`;

describe('ServiceProcess', () => {
  let dir: string;
  let service: ServiceProcess | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'service-'));
    await writeFile(join(dir, 'main.mjs'), STAND_IN);
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await rm(dir, { recursive: true });
  });

  const start = (env: Record<string, string> = {}) =>
    startService({
      ...{ env, stateDir: dir, home: ['/a', '/b'], command: '/claude', settings: { 'section.key': 'v' } },
      main: join(dir, 'main.mjs'),
    });

  it('passes its settings as flags, and the environment it was given only', async () => {
    service = await start({ MARK: '1' });
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(service.output()).toContain(service.url);
    expect(await service.get('/')).toMatchObject({
      args: [
        '--http.port=0',
        `--state.dir=${dir}`,
        '--agents.claude-code.home=/a:/b',
        '--agents.claude-code.command=/claude',
        '--section.key=v',
      ],
      env: { MARK: '1' },
    });
    expect(await service.get('/')).not.toHaveProperty('env.HOME');
  });

  it('posts JSON and waits for an answer, also one that is not there at first', async () => {
    service = await start();
    expect(await service.post('/', { a: 1 })).toHaveProperty('body', '{"a":1}');
    expect(await service.until('/late', isJsonRecord, 5000)).toHaveProperty('args');
    await expect(service.until('/', () => false, 100)).rejects.toThrow(/not as wanted within 100 ms.*args/);
  });

  it('says what the service printed when it does not start', async () => {
    await expect(start({ BROKEN: '1' })).rejects.toThrow(/ended with code 1[^]*broken on purpose/);
  });

  it('fails at once when the service dies', async () => {
    service = await start();
    await service.kill('SIGKILL');
    await expect(service.until('/', () => true)).rejects.toThrow('ended with SIGKILL');
  });
});
