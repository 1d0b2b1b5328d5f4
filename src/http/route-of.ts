import type { Request } from 'express';

/** Paths asked for all the time by machines: not worth a span or a log line each. */
const QUIET = /^\/(?:health|metrics|api\/v1\/metrics|api\/v1\/events)(?:\/|$)/;

export function isQuiet(path: string): boolean {
  return QUIET.test(path);
}

/** The pattern that matched, such as `/api/v1/sessions/:id`; undefined for a path nothing answers. */
export function routeOf({ baseUrl, route }: Pick<Request, 'baseUrl' | 'route'>): string | undefined {
  const matched: unknown = route;
  if (typeof matched !== 'object' || matched === null || !('path' in matched)) return undefined;
  return typeof matched.path === 'string' ? `${baseUrl}${matched.path}` : undefined;
}
