import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Collector } from '../support/collector/collector.js';
import type { ReceivedSpan } from '../support/collector/received.js';
import { startService, type ServiceProcess } from '../support/service-process.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

let home: string;
let collector: Collector;
let service: ServiceProcess;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'http-spans-'));
  collector = await Collector.start({ protocol: 'grpc' });
  const settings = {
    'otel.enabled': 'true',
    'otel.endpoint': collector.endpoint,
    'log.level': 'debug',
    'log.format': 'json',
  };
  const env = { HOME: home, PATH: '', OTEL_BSP_SCHEDULE_DELAY: '50' };
  service = await startService({ env, stateDir: join(home, 'state'), settings });
}, 30_000);
afterAll(async () => {
  await service.kill();
  await collector.close();
  await rm(home, { recursive: true, force: true });
});

const ask = (path: string, init: RequestInit = {}) => fetch(new URL(path, service.url), init);

/** The span of the request for this path, which no other test asks for. */
async function spanOf(path: string): Promise<ReceivedSpan> {
  const isIt = ({ name, attributes }: ReceivedSpan) => name === 'http.request' && attributes['path'] === path;
  const found = (await collector.untilSpans((spans) => spans.some(isIt))).filter(isIt);
  const [span, ...others] = found;
  if (span === undefined || others.length > 0) throw new Error(`${found.length} spans of ${path}`);
  return span;
}

describe('the span of a request', () => {
  it('says what was asked and answered, for those who read the story and by the conventions', async () => {
    await ask('/api/v1/sessions?limit=3');
    const span = await spanOf('/api/v1/sessions');
    expect(span).toMatchObject({
      kind: 'SERVER',
      parentSpanId: '',
      status: { code: 'UNSET' },
      attributes: {
        method: 'GET',
        path: '/api/v1/sessions',
        route: '/api/v1/sessions',
        status_code: 200,
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'http.route': '/api/v1/sessions',
        'url.path': '/api/v1/sessions',
        'url.scheme': 'http',
      },
    });
    expect(JSON.stringify(span.attributes)).not.toContain('limit');
  });

  it('is linked to the span of the process', async () => {
    await ask('/api/v1/log-level');
    const { links } = await spanOf('/api/v1/log-level');
    await service.stop();
    const spans = await collector.untilSpans((all) => all.some(({ name }) => name === 'daemon.run'));
    const daemon = spans.find(({ name }) => name === 'daemon.run');
    expect(links).toEqual([{ traceId: daemon?.traceId, spanId: daemon?.spanId }]);
    for (const name of ['monitor.watch', 'resume.schedule', 'http.serve', 'ipc.serve'])
      expect(spans.find((span) => span.name === name)).toMatchObject({ parentSpanId: daemon?.spanId });
    const env = { HOME: home, PATH: '', OTEL_BSP_SCHEDULE_DELAY: '50' };
    const settings = {
      'otel.enabled': 'true',
      'otel.endpoint': collector.endpoint,
      'log.level': 'debug',
      'log.format': 'json',
    };
    service = await startService({ env, stateDir: join(home, 'state'), settings });
  }, 30_000);

  it('goes on with the trace of the caller', async () => {
    await ask('/api/v1/episodes', { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
    expect(await spanOf('/api/v1/episodes')).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
  });

  it.each(['garbage', `00-${'0'.repeat(32)}-${PARENT}-01`, `ff-${TRACE}-${PARENT}-01`])(
    'begins a trace of its own after a header that makes no sense: %s',
    async (traceparent) => {
      const path = `/api/v1/episodes/${traceparent.slice(0, 9)}`;
      await ask(path, { headers: { traceparent } });
      const span = await spanOf(path);
      expect(span.parentSpanId).toBe('');
      expect(span.traceId).not.toBe(TRACE);
    },
  );

  it('names the pattern of the route, not each path', async () => {
    await ask('/api/v1/sessions/some-id');
    const { attributes, status } = await spanOf('/api/v1/sessions/some-id');
    expect(attributes).toMatchObject({ route: '/api/v1/sessions/:id', status_code: 404 });
    // What the caller got wrong is no error of this server.
    expect(status.code).toBe('UNSET');
  });

  it('has no route where nothing answers', async () => {
    await ask('/nowhere');
    const { attributes } = await spanOf('/nowhere');
    expect(attributes).toMatchObject({ status_code: 404 });
    expect(attributes).not.toHaveProperty('route');
  });

  it('is there for a body nobody can parse, and for one that is refused', async () => {
    const headers = { 'content-type': 'application/json' };
    await ask('/api/v1/pause/', { method: 'POST', headers, body: '{"broken":' });
    expect((await spanOf('/api/v1/pause/')).attributes).toMatchObject({ method: 'POST', status_code: 400 });
    await ask('/api/v1/resume/', { method: 'POST', headers: { origin: 'http://evil.example' } });
    expect((await spanOf('/api/v1/resume/')).attributes).toMatchObject({ status_code: 403 });
  });

  it('says that the caller has gone', async () => {
    const { port, hostname } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /api/v1/sessions/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    );
    await new Promise((resolve) => socket.once('connect', resolve));
    await ask('/api/v1/sessions/wait-a-moment');
    socket.destroy();
    expect((await spanOf('/api/v1/sessions/')).attributes).toMatchObject({ aborted: true });
  });

  it('is spared for what machines ask all the time', async () => {
    for (const path of ['/health', '/health/live', '/metrics', '/api/v1/metrics']) await ask(path);
    await ask('/api/v1/status');
    await spanOf('/api/v1/status');
    const paths = collector.spans().map(({ attributes }) => attributes['path']);
    expect(paths.filter((path) => /health|metrics/.test(String(path)))).toEqual([]);
  });

  it('gives its ids to the log line of the request', async () => {
    await ask('/api/v1/openapi.json');
    const { traceId, spanId } = await spanOf('/api/v1/openapi.json');
    expect(service.output()).toContain(`"trace_id":"${traceId}","span_id":"${spanId}"`);
  });
});
