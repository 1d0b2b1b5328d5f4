import type { Request } from 'express';
import { isRecord, listOf, recordOf } from '../../core/json-record.js';

/** The methods a path is taken with, where the method of the request is none of them; none where there is no such path. */
export function otherMethodsAt(request: Request): readonly string[] {
  const router: unknown = Reflect.get(request.app, 'router');
  const stack = typeof router === 'function' ? listOf(Reflect.get(router, 'stack')) : [];
  const methods = new Set(stack.flatMap((layer) => methodsOf(layer, request.path)));
  if (methods.has('GET')) methods.add('HEAD');
  return methods.has(request.method) ? [] : [...methods].toSorted();
}

/** Of one layer of Express 5 that stands for a route. */
function methodsOf(layer: unknown, path: string): readonly string[] {
  if (!isRecord(layer) || typeof layer['match'] !== 'function') return [];
  const methods = recordOf(recordOf(layer['route'])?.['methods']);
  const match: unknown = methods && Reflect.apply(layer['match'], layer, [path]);
  if (methods === undefined || match === undefined || match === false) return [];
  return Object.keys(methods).map((method) => method.toUpperCase());
}
