import 'reflect-metadata';
import { Injectable, type INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { ErrorCode } from '../../core/errors.js';
import { isRecord, recordOf, type JsonRecord } from '../../core/json-record.js';
import { VERSION } from '../../version.js';
import { Access } from '../access/access.js';
import { PROBLEM } from '../problem/problem.schema.js';
import { STATUS_BY_CODE } from '../problem/status-by-code.js';
import { ROUTE_DOCS, type RouteDocs } from './api-route.decorator.js';
import { propertiesOf, type DtoClass } from './dto-properties.js';

const PROBLEM_REF = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const DESCRIPTION =
  'Errors are application/problem+json; docs/problems.md names every code. Lists are read page by page: the answer has ' +
  'next_cursor, which goes into the parameter cursor, until it is null.';

const TOKEN = [{ bearer: [] }];
const TOKEN_OR_NONE = [{}, { bearer: [] }];

/** The OpenAPI document, made when somebody asks for it: the library for it is larger than all the rest. */
@Injectable()
export class OpenApiDocument {
  #app: INestApplication | undefined;
  #document: Promise<JsonRecord> | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly access: Access,
  ) {}

  /** Whose routes are described. */
  attach(app: INestApplication): void {
    this.#app = app;
  }

  get(): Promise<JsonRecord> {
    return (this.#document ??= this.#make());
  }

  async #make(): Promise<JsonRecord> {
    if (this.#app === undefined) throw new Error('attach the application first');
    const { ApiProperty, DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger');
    const handlers = this.#handlers();
    for (const { types } of handlers.values())
      for (const type of types)
        for (const { name, required, schema } of propertiesOf(type))
          ApiProperty({ required, ...schema })(type.prototype, name);
    const config = new DocumentBuilder()
      .setTitle('Palingenesis')
      .setVersion(VERSION)
      .setDescription(DESCRIPTION)
      .setOpenAPIVersion('3.1.0')
      .addBearerAuth({ type: 'http', description: 'not needed on loopback and on the Unix socket' })
      .build();
    const made = SwaggerModule.createDocument(this.#app, config, { operationIdFactory: idOf });
    const schemas = { ...closed(made.components?.schemas), Problem: PROBLEM };
    const paths = Object.entries(made.paths)
      .map(([path, item]): [string, JsonRecord] => [
        path,
        describePath(path, { ...item }, handlers, this.access.needsToken(path) ? TOKEN : TOKEN_OR_NONE),
      ])
      .filter(([, item]) => Object.keys(item).length > 0);
    return { ...made, paths: Object.fromEntries(paths), components: { ...made.components, schemas } };
  }

  /** By operation id. */
  #handlers(): ReadonlyMap<string, Handler> {
    const prototypes = this.discovery.getControllers().map(({ instance }) => prototypeOf(instance));
    return new Map(prototypes.flatMap((prototype) => this.#handlersOf(prototype)));
  }

  #handlersOf(prototype: object): [string, Handler][] {
    return this.scanner.getAllMethodNames(prototype).flatMap((name): [string, Handler][] => {
      const method: unknown = Reflect.get(prototype, name);
      const docs =
        typeof method === 'function'
          ? this.reflector.get<RouteDocs | undefined>(ROUTE_DOCS, method)
          : undefined;
      if (docs === undefined) return [];
      return [[idOf(prototype.constructor.name, name), { docs, types: dtosOf(prototype, name) }]];
    });
  }
}

/** Bodies with more in them than is known are refused. */
function closed(schemas: object = {}): JsonRecord {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]: [string, unknown]) => [
      name,
      { ...recordOf(schema), additionalProperties: false },
    ]),
  );
}

type Handler = Readonly<{ docs: RouteDocs; types: readonly DtoClass[] }>;

const idOf = (controller: string, method: string): string =>
  `${controller.replace(/Controller$/, '')}.${method}`;

function prototypeOf(instance: unknown): object {
  const prototype: unknown = Object.getPrototypeOf(instance);
  return isRecord(prototype) ? prototype : {};
}

function dtosOf(prototype: object, method: string): DtoClass[] {
  const types: unknown = Reflect.getMetadata('design:paramtypes', prototype, method);
  return Array.isArray(types) ? types.filter(isDtoClass) : [];
}

function isDtoClass(type: unknown): type is DtoClass {
  return typeof type === 'function' && /(?:Query|Dto)$/.test(type.name);
}

/** Routes that say nothing of themselves, such as those of the pages, are no part of the API. */
function describePath(
  path: string,
  item: JsonRecord,
  handlers: ReadonlyMap<string, Handler>,
  security: readonly object[],
): JsonRecord {
  const entries = Object.entries(item).flatMap(([method, operation]): [string, unknown][] => {
    const known = recordOf(operation);
    const id = String(known?.['operationId']).replace(/\[\d+\]$/, '');
    const handler = handlers.get(id);
    // Some handlers answer at several paths, and an id may be there only once.
    const operationId = `${id} ${path}`;
    return handler === undefined
      ? []
      : [[method, { ...known, operationId, security, ...detailsOf(handler.docs) }]];
  });
  return Object.fromEntries(entries);
}

type Responses = Record<string, object>;

function detailsOf({ summary, answer, others = {}, problems = [], body }: RouteDocs): object {
  const { status = 200, description = summary, type = 'application/json', schema = {} } = answer;
  const responses: Responses = {
    ...refusalsOf(problems),
    [status]: { description, content: { [type]: { schema } } },
    default: { description: 'a problem', content: PROBLEM_REF },
  };
  for (const [code, other] of Object.entries(others))
    responses[code] = {
      description: other.description,
      content: { 'application/json': { schema: other.schema } },
    };
  const requestBody = { content: { 'application/json': { schema: body } } };
  return { summary, responses, ...(body === undefined ? {} : { requestBody }) };
}

function refusalsOf(problems: readonly ErrorCode[]): Responses {
  const byStatus = Map.groupBy(problems, (code) => String(STATUS_BY_CODE[code]));
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, { description: codes.join(', '), content: PROBLEM_REF }]),
  );
}
