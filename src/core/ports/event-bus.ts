import type { DomainEvent, EventOf } from '../events.js';
import type { Cancel } from './clock.js';

/** Carries facts from where they are seen to whoever cares. A listener that throws harms no other. */
export abstract class EventBus {
  abstract publish(event: DomainEvent): void;
  abstract on<Type extends DomainEvent['type']>(type: Type, listener: (event: EventOf<Type>) => void): Cancel;
}
