import { afterEach, describe, expect, it } from '@jest/globals';
import { Global, Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { anEpisode, aSession, aStop, NOON } from '../../test/support/an-episode.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { testConfig } from '../../test/support/test-config.js';
import { Config } from '../config/config.js';
import type { DomainEvent, EventOf } from '../core/events.js';
import type { Notification } from '../core/notification.js';
import { Channel } from '../core/ports/channel.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { LocalEventBus } from '../platform/local-event-bus.js';
import { NotificationChannel } from './notification-channel.decorator.js';
import { Notifier } from './notifier.js';
import { NotifyModule } from './notify.module.js';
import { OnEpisode } from './on-episode.decorator.js';

@NotificationChannel()
@Injectable()
class Memory extends Channel {
  readonly id: string = 'memory';
  readonly notes: Notification[] = [];

  notify(note: Notification): Promise<void> {
    this.notes.push(note);
    return Promise.resolve();
  }
}

@NotificationChannel()
@Injectable()
class NotSetUp extends Memory {
  override readonly id = 'not-set-up';

  override isSetUp(): boolean {
    return false;
  }
}

@NotificationChannel()
@Injectable()
class SameId extends Memory {}

@NotificationChannel()
@Injectable()
class NoChannel {}

@Injectable()
class Listener {
  readonly heard: string[] = [];

  @OnEpisode('saved', 'parked')
  onEnd({ episode }: EventOf<'episode-changed'>): void {
    this.heard.push(`end ${episode.state}`);
  }

  @OnEpisode()
  async onAny({ episode }: EventOf<'episode-changed'>): Promise<void> {
    this.heard.push(`any ${episode.state}`);
    await Promise.reject(new Error('it fails, and nobody minds'));
  }
}

let app: TestingModule;
afterEach(() => app.close());

async function start(...providers: Type[]): Promise<void> {
  const clock = new FakeClock(NOON);
  @Global()
  @Module({
    providers: [
      { provide: Config, useValue: testConfig('/nowhere') },
      { provide: Clock, useValue: clock },
      { provide: EventBus, useClass: LocalEventBus },
    ],
    exports: [Config, Clock, EventBus],
  })
  class World {}
  app = await Test.createTestingModule({ imports: [World, NotifyModule], providers }).compile();
  app.useLogger(false);
  await app.init();
}

async function publish(event: DomainEvent): Promise<void> {
  app.get(EventBus).publish(event);
  await app.get(Notifier, { strict: false }).whenIdle();
}

const changed = (state: 'parked' | 'waiting' | 'saved'): DomainEvent => ({
  type: 'episode-changed',
  episode: anEpisode({ state }),
  from: 'waiting',
});

describe('the channels', () => {
  it('are found in any module, and told what a human must hear of', async () => {
    await start(Memory, NotSetUp);
    const ended: string[] = [];
    app.get(EventBus).on('notification-ended', ({ channel, outcome }) => ended.push(`${channel} ${outcome}`));
    await publish(changed('waiting'));
    expect(app.get(Memory).notes).toEqual([]);
    await publish(changed('parked'));
    expect(app.get(Memory).notes).toMatchObject([{ kind: 'parked', episodeId: 'ep-1' }]);
    expect(app.get(NotSetUp).notes).toEqual([]);
    expect(ended).toEqual(['memory delivered']);
  });

  it('hear of new words only while they are new', async () => {
    await start(Memory);
    const unknown = (atMs: number): DomainEvent => ({
      type: 'wording-unknown',
      session: aSession(),
      stop: aStop({ atMs }),
    });
    await publish(unknown(NOON - 1));
    expect(app.get(Memory).notes).toEqual([]);
    await publish(unknown(NOON));
    expect(app.get(Memory).notes).toMatchObject([{ kind: 'wording-unknown' }]);
  });

  it.each([
    ['two of one id', [Memory, SameId], 'two channels claim the id "memory"'],
    ['a class that is none', [NoChannel], 'is marked @NotificationChannel but is no Channel'],
  ])('do not start with %s', async (_what, providers, words) => {
    await expect(start(...providers)).rejects.toThrow(words);
  });
});

describe('@OnEpisode', () => {
  it('is called for its states, or for every change; its failures are its own', async () => {
    await start(Listener);
    await publish(changed('waiting'));
    await publish(changed('saved'));
    expect(app.get(Listener).heard).toEqual(['any waiting', 'end saved', 'any saved']);
  });
});
