import 'reflect-metadata';
import type { EpisodeState } from '../core/episode.js';
import type { EventOf } from '../core/events.js';

const HANDLERS = Symbol('episode handlers');

export type EpisodeHandler = Readonly<{ method: string; states: readonly EpisodeState[] }>;
/** What can be called: a method that takes the event. */
export type OnEpisodeMethod = (event: EventOf<'episode-changed'>) => unknown;

/**
 * Has a method of a provider or controller called when an episode gets into one of these states, or whenever it
 * changes where none is named. What it throws is logged and changes nothing.
 */
export function OnEpisode(...states: readonly EpisodeState[]) {
  return <Method extends OnEpisodeMethod>(
    target: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const handlers = [...handlersOf(target.constructor), { method, states }];
    Reflect.defineMetadata(HANDLERS, handlers, target.constructor);
  };
}

/** Those of a class, and of the classes it extends. */
export function handlersOf(type: object): readonly EpisodeHandler[] {
  const handlers: unknown = Reflect.getMetadata(HANDLERS, type);
  return isHandlers(handlers) ? handlers : [];
}

/** Only `OnEpisode` writes there. */
const isHandlers = (value: unknown): value is readonly EpisodeHandler[] => Array.isArray(value);
