import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { EventBus } from '../../src/core/ports/event-bus.js';
import { createService } from '../../src/service.js';
import { isRecord } from '../../src/core/json-record.js';

type Said = Readonly<{ status: number; headers: IncomingHttpHeaders; body: unknown }>;
type Document = Readonly<{ paths: Readonly<Record<string, { get?: { security: unknown } }>> }>;
type Ask = Readonly<{ method?: string; path?: string; headers?: OutgoingHttpHeaders; body?: string }>;

let dir: string;
let app: NestExpressApplication;
let port: number;

async function start(...flags: string[]): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'access-'));
  const argv = [`--state.dir=${join(dir, 'state')}`, '--log.level=error', ...flags];
  app = await createService({ argv, env: { HOME: dir }, homeDir: dir });
  await app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.getUrl()).port);
}
async function end(): Promise<void> {
  await app.close();
  await rm(dir, { recursive: true, force: true });
}

function ask({ method = 'GET', path = '/api/v1/status', headers = {}, body }: Ask): Promise<Said> {
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
    const { statusCode: status = 0, headers: got } = response;
    const parsed = (text: string): unknown =>
      /json/.test(got['content-type'] ?? '') ? JSON.parse(text) : text;
    readAll(response).then((text) => resolve({ status, headers: got, body: parsed(text) }), reject);
  })
    .on('error', reject)
    .end(body);
  return promise;
}

const tokenOf = async (scope: string) => (await readFile(join(dir, `state/${scope}.token`), 'utf8')).trim();
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a service that other machines can reach', () => {
  let control: string;
  let read: string;
  const audited: string[] = [];

  beforeAll(async () => {
    await start('--http.host=0.0.0.0', '--http.allowed_hosts=agents.example', '--http.max_body_bytes=4096');
    control = await tokenOf('control');
    read = await tokenOf('read');
    app.get(EventBus).on('request-audited', (event) => {
      audited.push([event.method, event.route ?? '-', event.origin, event.status].join(' '));
    });
  });
  afterAll(end);

  const state = async () => {
    const { body } = await ask({ headers: bearer(control) });
    return isRecord(body) ? body['state'] : body;
  };

  it('keeps its tokens where only their owner reads them, and they differ', async () => {
    for (const scope of ['read', 'control'])
      expect((await stat(join(dir, `state/${scope}.token`))).mode & 0o777).toBe(0o600);
    expect(control).toMatch(/^[\w-]{43}$/);
    expect(read).not.toBe(control);
  });

  it('lets the token in that reads, and the one that controls', async () => {
    expect(await ask({ headers: bearer(read) })).toMatchObject({ status: 200 });
    expect(await ask({ headers: bearer(control) })).toMatchObject({ status: 200 });
    expect(await ask({ method: 'POST', path: '/api/v1/pause', headers: bearer(control) })).toMatchObject({
      status: 200,
      body: { state: 'paused' },
    });
    await ask({ method: 'POST', path: '/api/v1/resume', headers: bearer(control) });
    expect(audited.slice(-2)).toEqual([
      'POST /api/v1/pause 127.0.0.1 200',
      'POST /api/v1/resume 127.0.0.1 200',
    ]);
  });

  /** Every way to have something changed that we could think of. All are tried with and without what they lack. */
  const json = { 'content-type': 'application/json' };
  const good = () => bearer(control);
  const own = () => `127.0.0.1:${port}`;
  const refused: readonly (readonly [string, number, string, () => Ask])[] = [
    ['without a token', 401, 'token-missing', () => ({})],
    ['with a wrong token', 401, 'token-missing', () => ({ headers: bearer('x'.repeat(43)) })],
    ['with an empty token', 401, 'token-missing', () => ({ headers: { authorization: 'Bearer ' } })],
    [
      'with all but the end of the token',
      401,
      'token-missing',
      () => ({ headers: bearer(control.slice(0, -1)) }),
    ],
    ['with more than the token', 401, 'token-missing', () => ({ headers: bearer(`${control}x`) })],
    ['with both tokens in one', 401, 'token-missing', () => ({ headers: bearer(`${control},${read}`) })],
    ['with the token as it is', 401, 'token-missing', () => ({ headers: { authorization: control } })],
    [
      'with the token as a password',
      401,
      'token-missing',
      () => ({ headers: { authorization: `Basic ${Buffer.from(`:${control}`).toString('base64')}` } }),
    ],
    [
      'with the token in the address',
      401,
      'token-missing',
      () => ({ path: `/api/v1/pause?token=${control}` }),
    ],
    ['with the token in a cookie', 401, 'token-missing', () => ({ headers: { cookie: `token=${control}` } })],
    ['with the token that reads', 403, 'scope-too-small', () => ({ headers: bearer(read) })],
    ['in capitals, without a token', 401, 'token-missing', () => ({ path: '/API/V1/Pause' })],
    ['with a slash at the end, without a token', 401, 'token-missing', () => ({ path: '/api/v1/pause/' })],
    ['with two slashes, without a token', 401, 'token-missing', () => ({ path: '//api/v1/pause' })],
    ['where nothing is, without a token', 401, 'token-missing', () => ({ path: '/elsewhere' })],
    ['at the health, without a token', 401, 'token-missing', () => ({ path: '/health' })],
    ['as from this machine', 401, 'token-missing', () => ({ headers: { 'x-forwarded-for': '127.0.0.1' } })],
    [
      'as from a proxy',
      401,
      'token-missing',
      () => ({ headers: { forwarded: 'for=127.0.0.1;host=localhost' } }),
    ],
    ['for a foreign host', 403, 'host-not-allowed', () => ({ headers: { ...good(), host: 'evil.example' } })],
    [
      'for a host that only begins like ours',
      403,
      'host-not-allowed',
      () => ({ headers: { ...good(), host: 'agents.example.evil.example' } }),
    ],
    ['for another address', 403, 'host-not-allowed', () => ({ headers: { ...good(), host: '10.0.0.1' } })],
    [
      'for a foreign host, ours forwarded',
      403,
      'host-not-allowed',
      () => ({ headers: { ...good(), host: 'evil.example', 'x-forwarded-host': 'localhost' } }),
    ],
    [
      'from a page elsewhere',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), origin: 'http://evil.example' } }),
    ],
    ['from a page of nowhere', 403, 'origin-not-allowed', () => ({ headers: { ...good(), origin: 'null' } })],
    [
      'from a page at another port',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), origin: 'http://127.0.0.1:1' } }),
    ],
    [
      'from a page by TLS that nobody set up',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), origin: `https://${own()}` } }),
    ],
    [
      'from a page whose address only begins like ours',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), origin: `http://${own()}.evil.example` } }),
    ],
    [
      'from another site, as the browser says',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), 'sec-fetch-site': 'cross-site' } }),
    ],
    [
      'from another port, as the browser says',
      403,
      'origin-not-allowed',
      () => ({ headers: { ...good(), 'sec-fetch-site': 'same-site' } }),
    ],
    ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''].map(
      (type) =>
        [
          `with a body of type "${type}"`,
          415,
          'body-not-json',
          () => ({ headers: { ...good(), ...(type === '' ? {} : { 'content-type': type }) }, body: '{}' }),
        ] as const,
    ),
    [
      'with a type that only contains JSON',
      415,
      'body-not-json',
      () => ({ headers: { ...good(), 'content-type': 'text/plain; x=application/json' }, body: '{}' }),
    ],
    [
      'with a long body',
      413,
      'body-too-large',
      () => ({ headers: { ...good(), ...json }, body: JSON.stringify({ a: 'x'.repeat(5000) }) }),
    ],
    ['with broken JSON', 400, 'invalid-request', () => ({ headers: { ...good(), ...json }, body: '{"' })],
    [
      'by another method in disguise',
      401,
      'token-missing',
      () => ({ headers: { 'x-http-method-override': 'GET', 'x-method-override': 'GET' } }),
    ],
    [
      'by a question before',
      401,
      'token-missing',
      () => ({ method: 'OPTIONS', headers: { origin: `http://${own()}` } }),
    ],
  ];

  it.each(refused)('changes nothing %s', async (_how, status, code, given) => {
    const said = await ask({ method: 'POST', path: '/api/v1/pause', ...given() });
    expect(said).toMatchObject({ status, body: { status, code } });
    expect(said.headers['content-type']).toContain('application/problem+json');
    expect(said.headers).not.toHaveProperty('access-control-allow-origin');
    expect(await state()).toBe('running');
    expect(JSON.stringify(said.body)).not.toContain(control);
  });

  it('says how to ask where a token is missing', async () => {
    expect((await ask({})).headers['www-authenticate']).toBe('Bearer realm="palingenesis"');
  });

  it('says in its document where a token is needed', async () => {
    const { body } = await ask({ path: '/api/v1/openapi.json', headers: bearer(read) });
    const security = (path: string) => (body as Document).paths[path]?.get?.security;
    expect(security('/api/v1/status')).toEqual([{ bearer: [] }]);
    expect(security('/health/ready')).toEqual([{}, { bearer: [] }]);
  });

  it('notes what it refused', () => {
    expect(audited).toContain('POST - 127.0.0.1 401');
    expect(audited).toContain('POST - 127.0.0.1 403');
    expect(audited.length).toBeGreaterThan(refused.length - 2);
  });

  it.each([
    '/api/v1/status',
    '/API/v1/sessions',
    '/api/v1/events',
    '/metrics',
    '/METRICS',
    '/api/v1/metrics',
    '//metrics',
  ])('reads nothing from %s without a token', async (path) => {
    expect(await ask({ path })).toMatchObject({ status: 401 });
  });

  it('says to everyone whether it is up', async () => {
    for (const path of ['/health', '/health/live', '/health/ready'])
      expect(await ask({ path })).toMatchObject({ status: 200 });
  });

  it('lets in by the names that were set, from their pages by TLS, too', async () => {
    const headers = { ...good(), host: 'agents.example', origin: 'https://agents.example' };
    expect(await ask({ headers })).toMatchObject({ status: 200 });
    expect(await ask({ headers: { ...good(), host: `${own()}` } })).toMatchObject({ status: 200 });
  });

  it.each([
    [
      'reads no body of one it does not let in',
      401,
      'HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000',
    ],
    ['changes nothing for one that names no host', 403, 'HTTP/1.0'],
  ])('%s', async (_what, status, head) => {
    const authorization = status === 403 ? `authorization: Bearer ${control}\r\n` : '';
    const socket = connect(port, '127.0.0.1');
    socket.write(`POST /api/v1/pause ${head}\r\n${authorization}\r\n`);
    const answer = Promise.withResolvers<string>();
    socket.setEncoding('utf8').once('data', answer.resolve);
    expect(await answer.promise).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(await state()).toBe('running');
    socket.destroy();
  });
});

describe('a service on loopback', () => {
  beforeAll(() => start('--http.max_requests_per_min=60'));
  afterAll(end);

  it('needs no token and makes none', async () => {
    expect(await ask({})).toMatchObject({ status: 200 });
    expect(await ask({ method: 'POST', path: '/api/v1/resume' })).toMatchObject({ status: 200 });
    await expect(tokenOf('read')).rejects.toThrow('ENOENT');
  });

  it('lets no page do what is not its own', async () => {
    const { headers } = await ask({});
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';script-src 'self';/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN' });
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('takes the id of a request where it is fit, and gives one where not', async () => {
    expect((await ask({ headers: { 'x-request-id': 'my-1' } })).headers['x-request-id']).toBe('my-1');
    const [odd, none] = [await ask({ headers: { 'x-request-id': 'a b"' } }), await ask({ path: '/nothing' })];
    expect(odd.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    expect(none.body).toMatchObject({ code: 'not-found', request_id: none.headers['x-request-id'] });
  });

  it('answers no more than it may', async () => {
    const all = await Promise.all(Array.from({ length: 70 }, () => ask({ path: '/health/live' })));
    const refused = all.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ body: { code: 'too-many-requests' } });
    expect(refused[0]?.headers).toHaveProperty('retry-after');
  });
});

describe('tokens', () => {
  afterEach(end);

  it('are not found by trying', async () => {
    await start('--http.host=0.0.0.0', '--http.max_failed_logins_per_min=5');
    const tries = await Promise.all(
      Array.from({ length: 20 }, () => ask({ headers: bearer('x'.repeat(43)) })),
    );
    expect(tries.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(await ask({ headers: bearer(await tokenOf('control')) })).toMatchObject({ status: 429 });
  });

  it('stay the same over a restart, and may be chosen', async () => {
    await start('--http.host=0.0.0.0');
    const before = await tokenOf('control');
    await app.close();
    await writeFile(join(dir, 'state/read.token'), 'one-that-somebody-chose\n');
    const argv = [`--state.dir=${join(dir, 'state')}`, '--http.host=0.0.0.0', '--log.level=error'];
    app = await createService({ argv, env: { HOME: dir }, homeDir: dir });
    await app.listen(0, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
    expect(await ask({ headers: bearer(before) })).toMatchObject({ status: 200 });
    expect(await ask({ headers: bearer('one-that-somebody-chose') })).toMatchObject({ status: 200 });
  });

  it('that are too short keep the service from starting', async () => {
    await start('--http.host=127.0.0.1');
    await writeFile(join(dir, 'state/read.token'), 'short');
    const argv = [`--state.dir=${join(dir, 'state')}`, '--http.host=0.0.0.0', '--log.level=error'];
    const other = await createService({ argv, env: { HOME: dir }, homeDir: dir });
    await expect(other.init()).rejects.toThrow('at least 20 characters');
  });
});
