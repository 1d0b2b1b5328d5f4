import { SetMetadata } from '@nestjs/common';
import type { ErrorCode } from '../../core/errors.js';
import type { Schema } from './schema.js';

/** What the OpenAPI document says of a route; paths and parameters it reads from Nest and class-validator. */
export type RouteDocs = Readonly<{
  summary: string;
  /** What it answers when it does what it was asked. JSON where nothing else is said. */
  answer: Readonly<{ status?: number; description?: string; type?: string; schema?: Schema }>;
  /** Answers by other statuses that have a body of their own. */
  others?: Readonly<Record<number, Readonly<{ description: string; schema: Schema }>>>;
  /** Problems of its own; those of every route go without saying. */
  problems?: readonly ErrorCode[];
  /** Where the body is no class with checks. */
  body?: Schema;
}>;

export const ROUTE_DOCS = 'palingenesis:route-docs';

/** Documents a route. One without it fails a test. */
export const ApiRoute = (docs: RouteDocs): MethodDecorator => SetMetadata(ROUTE_DOCS, docs);
