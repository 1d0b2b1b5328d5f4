import { EventEmitter } from 'node:events';
import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import type { DomainEvent, EventOf } from '../core/events.js';
import { EventBus } from '../core/ports/event-bus.js';
import type { Cancel } from '../core/ports/clock.js';

/** Delivers within this process, at once and in order. */
@Injectable()
export class LocalEventBus extends EventBus {
  readonly #log = new Logger(LocalEventBus.name);
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  publish(event: DomainEvent): void {
    this.#emitter.emit(event.type, event);
  }

  on<Type extends DomainEvent['type']>(type: Type, listener: (event: EventOf<Type>) => void): Cancel {
    const guarded = (event: EventOf<Type>): void => {
      try {
        listener(event);
      } catch (error) {
        this.#log.error(`a listener of ${type} failed: ${messageOf(error)}`);
      }
    };
    this.#emitter.on(type, guarded);
    return () => this.#emitter.off(type, guarded);
  }
}
