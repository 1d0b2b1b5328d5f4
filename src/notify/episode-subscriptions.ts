import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { messageOf } from '../core/errors.js';
import type { EventOf } from '../core/events.js';
import { EventBus } from '../core/ports/event-bus.js';
import { handlersOf, type EpisodeHandler } from './on-episode.decorator.js';

/** Brings changes of episodes to the methods marked `@OnEpisode`. */
@Injectable()
export class EpisodeSubscriptions implements OnModuleInit {
  readonly #log = new Logger('OnEpisode');

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly bus: EventBus,
  ) {}

  onModuleInit(): void {
    for (const instance of this.#instances())
      for (const handler of handlersOf(instance.constructor)) this.#subscribe(instance, handler);
  }

  #instances(): readonly object[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers
      .map(({ instance }): unknown => instance)
      .filter((each) => typeof each === 'object' && each !== null);
  }

  #subscribe(instance: object, { method, states }: EpisodeHandler): void {
    this.bus.on('episode-changed', (event) => {
      if (states.length === 0 || states.includes(event.episode.state))
        void this.#call(instance, method, event);
    });
  }

  async #call(instance: object, method: string, event: EventOf<'episode-changed'>): Promise<void> {
    try {
      const handle: unknown = Reflect.get(instance, method);
      if (typeof handle === 'function') await Reflect.apply(handle, instance, [event]);
    } catch (error) {
      this.#log.error(`${instance.constructor.name}.${method} failed: ${messageOf(error)}`);
    }
  }
}
