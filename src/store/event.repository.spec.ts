import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Kysely } from 'kysely';
import { IN_MEMORY, openDatabase } from './database.js';
import { EventRepository, type StoredEvent } from './event.repository.js';
import type { Schema } from './schema.js';

describe('EventRepository', () => {
  let db: Kysely<Schema>;
  let events: EventRepository;
  const event = (id: number): StoredEvent => ({
    id,
    atMs: id * 1000,
    type: 'session-stopped',
    sessionIds: ['s'],
    data: `{"id":${id}}`,
  });
  const range = (from: number, to: number): StoredEvent[] =>
    Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

  beforeEach(async () => {
    db = await openDatabase(IN_MEMORY);
    events = new EventRepository(db);
  });
  afterEach(() => db.destroy());

  it('gives back what was stored, in order and page by page', async () => {
    await events.append(range(1, 1201));
    expect(await events.after(0, 2)).toEqual(range(1, 2));
    expect(await events.after(1199, 500)).toEqual(range(1200, 1201));
    expect(await events.lastId()).toBe(1201);
  });

  it('forgets by count and by age, and never gives an id again', async () => {
    expect([await events.lastId(), await events.oldestId()]).toEqual([0, undefined]);
    await events.append(range(1, 10));
    await events.prune(3, 6000);
    expect(await events.oldestId()).toBe(6);
    await events.prune(10, 0);
    expect([await events.lastId(), await events.oldestId()]).toEqual([10, undefined]);
  });
});
