import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { EventBus } from '../../src/core/ports/event-bus.js';
import { EventStreams } from '../../src/http/events/event-streams.js';
import { createService } from '../../src/service.js';
import { anEpisode, aSession } from '../support/an-episode.js';
import { EventReader } from '../support/event-reader.js';
import { seeded } from '../support/seeded.js';

let dir: string;
let app: NestExpressApplication;
let url: string;
const readers: EventReader[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'events-'));
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.end();
  await app.close();
  await rm(dir, { recursive: true, force: true });
});

async function start(...flags: string[]): Promise<void> {
  const argv = [`--state.dir=${join(dir, 'state')}`, '--log.level=error', ...flags];
  app = await createService({ argv, env: { HOME: dir }, homeDir: dir });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
}

function read(query = '', headers: Record<string, string> = {}): EventReader {
  const reader = new EventReader(url, `/api/v1/events${query}`, headers);
  readers.push(reader);
  return reader;
}

async function ready(query = '', headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = read(query, headers);
  await reader.until(({ events }) => events.length > 0);
  return reader;
}

const progress = (id = 'session-1'): void =>
  app.get(EventBus).publish({ type: 'session-progressed', session: aSession({ id }), by: 'work' });
const change = (): void =>
  app.get(EventBus).publish({ type: 'episode-changed', episode: anEpisode(), from: undefined });

describe('the event stream', () => {
  it('tells what happens, as it is documented', async () => {
    await start();
    const reader = await ready();
    change();
    await reader.until(({ told }) => told.length === 1);
    expect(reader.text).toContain('content-type: text/event-stream');
    const [event] = reader.told;
    expect(event).toMatchObject({ event: 'episode-changed', id: '1' });
    expect(JSON.parse(event?.data ?? '')).toMatchObject({
      id: 1,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      type: 'episode-changed',
      episode_id: 'ep-1',
      session_id: 'session-1',
      from: null,
      state: 'detected',
    });
  });

  it('lets through what the filters name', async () => {
    await start();
    const byType = await ready('?type=episode-changed,run-ended');
    const bySession = await ready('?session=session-2');
    progress();
    progress('session-2');
    change();
    await byType.until(({ told }) => told.length > 0);
    await bySession.until(({ told }) => told.length > 0);
    expect([byType.ids, bySession.ids]).toEqual([[3], [2]]);
  });

  it.each(['?type=nonsense', '?since=-1', '?since=x', '?nonsense=1'])('refuses %s', async (query) => {
    await start();
    const { status, type } = await request(app.getHttpServer()).get(`/api/v1/events${query}`);
    expect({ status, type }).toEqual({ status: 400, type: 'application/problem+json' });
  });

  it('refuses a place that is no id', async () => {
    await start();
    await request(app.getHttpServer()).get('/api/v1/events').set('Last-Event-ID', '1; drop').expect(400);
  });

  it('begins where a client was, also after a restart; the header wins over the address', async () => {
    await start();
    const before = await ready();
    for (let count = 0; count < 5; count += 1) progress();
    await before.until(({ told }) => told.length === 5);
    await app.close();
    await start();
    const all = await ready('?since=0');
    const some = await ready('?since=0', { 'last-event-id': '3' });
    const none = await ready();
    change();
    await none.until(({ told }) => told.length === 1);
    await some.until(({ told }) => told.length === 3);
    await all.until(({ told }) => told.length === 6);
    expect([all.ids, some.ids, none.ids]).toEqual([[1, 2, 3, 4, 5, 6], [4, 5, 6], [6]]);
  });

  it('says what is not kept any more, and that an id is of another store', async () => {
    await start('--events.keep_max=10');
    const live = await ready();
    for (let count = 0; count < 50; count += 1) progress();
    await live.until(({ told }) => told.length === 50);
    const late = await ready('?since=5');
    await late.until(({ told }) => told.length === 10);
    expect(late.events[1]).toMatchObject({ event: 'gap', data: '{"after":5,"before":41}' });
    const lost = await ready('?since=999');
    await lost.until(({ events }) => events.length === 2);
    expect(lost.events[1]).toMatchObject({ event: 'gap', data: '{"after":null,"before":51}' });
  });

  it('loses nothing and repeats nothing however often a client goes and comes back', async () => {
    await start();
    const random = seeded(7);
    const seen: number[] = [];
    const timer = setInterval(() => {
      for (let count = random() * 4; count > 0; count -= 1) progress();
    }, 1);
    for (let round = 0; round < 60; round += 1) {
      const reader = await ready('', { 'last-event-id': String(seen.at(-1) ?? 0) });
      await reader.until(({ ids }) => ids.length > random() * 10);
      seen.push(...reader.ids);
      reader.end();
    }
    clearInterval(timer);
    expect(seen.length).toBeGreaterThan(100);
    expect(seen).toEqual(seen.map((_, index) => index + 1));
  });

  it('gives signs of life that move the place of a filtered client', async () => {
    await start('--events.heartbeat_s=0.05');
    const reader = await ready('?type=run-ended');
    progress();
    await reader.until(({ text }) => text.includes(': heartbeat\nid: 1\n'));
  });

  it('takes no more clients than it may, and one more when one has left', async () => {
    await start('--events.max_clients=2');
    const [first] = [await ready(), await ready()];
    const { status, body } = await request(app.getHttpServer()).get('/api/v1/events');
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'too-many-clients' } });
    first.end();
    await first.until(() => app.get(EventStreams).count < 2);
    await ready();
  });

  it('ends every stream with the reason when the service ends, all told', async () => {
    await start();
    const reader = await ready();
    change();
    await app.close();
    await reader.until(({ isOver }) => isOver);
    expect(reader.events.slice(1)).toMatchObject([
      { event: 'episode-changed' },
      { event: 'close', data: '{"reason":"shutdown"}' },
    ]);
  });

  it('serves 1,000 clients while one has stalled, which is let go of and finds all when it comes back', async () => {
    await start('--events.client_buffer_bytes=65536', '--events.heartbeat_s=0.5');
    const busy = await ready();
    const stalled = await ready();
    stalled.socket.pause();
    const crowd = Array.from({ length: 998 }, () => read('?type=episode-changed'));
    for (const reader of crowd) await reader.until(({ events }) => events.length === 1);
    expect(app.get(EventStreams).count).toBe(1000);

    // More than the system buffers for a connection.
    let published = 0;
    while (app.get(EventStreams).count === 1000 && published < 20_000) {
      for (let count = 0; count < 400; count += 1, published += 1) progress('s'.repeat(8000));
      await busy.until(({ ids }) => ids.length === published);
    }
    expect(app.get(EventStreams).count).toBe(999);
    change();
    for (const reader of crowd) await reader.until(({ told }) => told.length === 1);

    stalled.socket.resume();
    await stalled.until(({ isOver }) => isOver);
    expect(published).toBeLessThan(20_000);
    expect(stalled.events.at(-1)).toMatchObject({ event: 'close', data: '{"reason":"slow"}' });
    expect(stalled.ids).toEqual(stalled.ids.map((_, index) => index + 1));
    const again = await ready('', { 'last-event-id': String(stalled.ids.length) });
    await again.until(({ ids }) => ids.at(-1) === published + 1, 20_000);
    expect([...stalled.ids, ...again.ids]).toEqual(busy.ids);
  }, 30_000);
});
