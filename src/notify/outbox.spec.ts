import { beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as settled } from 'node:timers/promises';
import { FakeClock } from '../../test/support/fake-clock.js';
import type { Notification } from '../core/notification.js';
import { Channel, Undeliverable } from '../core/ports/channel.js';
import { Outbox, type Outcome } from './outbox.js';

const note = (id: string): Notification => ({
  id,
  kind: 'parked',
  atMs: 0,
  title: 'a session needs you',
  text: 'log in again',
  agent: 'a',
  sessionId: 's',
  reason: 'auth',
});

/** Answers as the test says, and never unless it does. */
class ScriptedChannel extends Channel {
  readonly id = 'scripted';
  readonly tries: { id: string; signal: AbortSignal; answer: PromiseWithResolvers<void> }[] = [];

  notify({ id }: Notification, signal: AbortSignal): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.tries.push({ id, signal, answer });
    return answer.promise;
  }

  async take(): Promise<void> {
    this.tries.at(-1)?.answer.resolve();
    await settled();
  }

  async refuse(error: Error): Promise<void> {
    this.tries.at(-1)?.answer.reject(error);
    await settled();
  }
}

let clock: FakeClock;
let channel: ScriptedChannel;
let outbox: Outbox;
let ended: string[];

beforeEach(() => {
  clock = new FakeClock();
  channel = new ScriptedChannel();
  ended = [];
  const bounds = {
    queueSize: 2,
    maxAttempts: 3,
    backoff: { initialMs: 1000, maxMs: 10_000 },
    timeoutMs: 5000,
  };
  const onEnd = ({ id }: Notification, outcome: Outcome) => ended.push(`${id} ${outcome}`);
  outbox = new Outbox(channel, bounds, clock, onEnd);
});

const triedIds = () => channel.tries.map(({ id }) => id);

describe('an outbox', () => {
  it('sends one after the other', async () => {
    outbox.add(note('1'));
    outbox.add(note('2'));
    expect(triedIds()).toEqual(['1']);
    await channel.take();
    expect(triedIds()).toEqual(['1', '2']);
    await channel.take();
    await outbox.whenIdle();
    expect(ended).toEqual(['1 delivered', '2 delivered']);
  });

  it('tries again after growing waits, and gives up at the bound', async () => {
    outbox.add(note('1'));
    await channel.refuse(new Error('later'));
    await clock.advance(800, settled);
    expect(channel.tries).toHaveLength(1);
    await clock.advance(400, settled);
    expect(channel.tries).toHaveLength(2);
    await channel.refuse(new Error('later'));
    await clock.advance(1200, settled);
    expect(channel.tries).toHaveLength(2);
    await clock.advance(1100, settled);
    await channel.refuse(new Error('later'));
    expect(ended).toEqual(['1 failed']);
    await clock.advance(60_000, settled);
    expect(channel.tries).toHaveLength(3);
  });

  it('does not repeat what would be refused again', async () => {
    outbox.add(note('1'));
    await channel.refuse(new Undeliverable('gone'));
    expect(ended).toEqual(['1 failed']);
  });

  it('waits no longer than it may for an answer', async () => {
    outbox.add(note('1'));
    await clock.advance(4999, settled);
    expect(channel.tries[0]?.signal.aborted).toBe(false);
    await clock.advance(1, settled);
    expect(channel.tries[0]?.signal.aborted).toBe(true);
    await clock.advance(1200, settled);
    expect(channel.tries).toHaveLength(2);
  });

  it('holds so many and drops the oldest for more', async () => {
    for (const id of ['1', '2', '3', '4']) outbox.add(note(id));
    expect(ended).toEqual(['2 dropped']);
    for (let left = 3; left > 0; left -= 1) await channel.take();
    expect(triedIds()).toEqual(['1', '3', '4']);
  });

  it.each([
    ['under way', false],
    ['waiting for its next try', true],
  ] as const)('ends at once with one %s', async (_what, isRefused) => {
    outbox.add(note('1'));
    outbox.add(note('2'));
    if (isRefused) await channel.refuse(new Error('later'));
    await outbox.close();
    expect(ended).toEqual(['1 failed', '2 dropped']);
    outbox.add(note('3'));
    expect(triedIds()).toEqual(['1']);
  });

  it('goes on after it was empty', async () => {
    outbox.add(note('1'));
    await channel.take();
    await outbox.whenIdle();
    outbox.add(note('2'));
    await channel.take();
    expect(ended).toEqual(['1 delivered', '2 delivered']);
  });
});
