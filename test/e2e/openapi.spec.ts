import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isRecord } from '../../src/core/json-record.js';
import { SessionDirectory } from '../../src/core/ports/session-directory.js';
import { EpisodeEngine } from '../../src/resume/episode-engine.js';
import { Logs } from '../../src/logging/logs.js';
import { createService } from '../../src/service.js';
import { linesOf, recordings } from '../contracts/recordings.js';
import { GeneratedValues } from '../support/generated-values.js';
import { seeded } from '../support/seeded.js';

type Operation = Readonly<{ method: string; path: string; details: Readonly<Record<string, unknown>> }>;

let dir: string;
let app: NestExpressApplication;
let url: string;
let document: Record<string, unknown>;
let operations: Operation[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'openapi-'));
  const folder = join(dir, '.claude/projects/-home-dev-project');
  await mkdir(folder, { recursive: true });
  for (const recording of recordings('claude-code').slice(0, 12)) {
    const file = recording.files.find((name) => name.startsWith('projects/')) ?? '';
    const id = /([^/]+)\.jsonl$/.exec(file)?.[1];
    const now = new Date().toISOString();
    const lines = linesOf(recording, file).map((line) =>
      line
        .replace(/"timestamp":"[^"]+"/, `"timestamp":"${now}"`)
        .replace(/resets [^"]+/, 'resets Jan 3, 2199, 6pm (UTC)'),
    );
    if (id !== undefined) await writeFile(join(folder, `${id}.jsonl`), `${lines.join('\n')}\n`);
  }
  const argv = [
    ...[
      `--state.dir=${join(dir, 'state')}`,
      '--agents.claude-code.command=no-such-agent',
      '--log.level=error',
    ],
    '--http.max_requests_per_min=1000000',
  ];
  app = await createService({ argv, env: { HOME: dir, PATH: '' }, homeDir: dir });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await app.get(SessionDirectory).whenReady();
  await app.get(EpisodeEngine).whenIdle();
  document = await read('/api/v1/openapi.json');
  operations = Object.entries(recordIn(document['paths'])).flatMap(([path, item]) =>
    Object.entries(recordIn(item)).map(([method, details]) => ({ method, path, details: recordIn(details) })),
  );
}, 30_000);
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true, force: true });
});

const recordIn = (value: unknown): Record<string, unknown> => (isRecord(value) ? { ...value } : {});
const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(new URL(path, url), init);
async function read(path: string): Promise<Record<string, unknown>> {
  return recordIn(await (await ask(path)).json());
}
const idsIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.map((item: unknown) => String(recordIn(item)['id'])) : [];

/** What Express really answers to. */
function realRoutes(): string[] {
  const { router }: { router: { stack: readonly unknown[] } } = app.getHttpAdapter().getInstance();
  return router.stack.flatMap((layer) => {
    const { path, methods } = recordIn(recordIn(layer)['route']);
    return (typeof path === 'string' ? [path] : []).flatMap((each) =>
      Object.keys(recordIn(methods)).map((method) => `${method} ${each.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
  });
}

/** A schema that allows nothing but what it names. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return isRecord(schema['properties']) ? { ...inner, additionalProperties: false } : inner;
}

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } });

function faultsOf(details: Operation['details'], status: number, body: unknown): unknown {
  const responses = recordIn(details['responses']);
  const content = recordIn(recordIn(responses[String(status)])['content']);
  const schema = recordIn(content['application/json'])['schema'];
  const isValid = ajv.compile(recordIn(strict(schema)));
  return isValid(body) ? [] : isValid.errors;
}

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate(document);
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    const ids = operations.map(({ details }) => details['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the routes there are', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`);
    const real = realRoutes().filter((route) => / \/(?:api|health|metrics)/.test(route));
    expect(real.length).toBeGreaterThan(15);
    expect(documented.toSorted()).toEqual(real.toSorted());
  });

  it('says of each what it is for, what it answers and that it may refuse', () => {
    for (const { method, path, details } of operations) {
      const responses = recordIn(details['responses']);
      const success = Object.entries(responses).find(([status]) => /^2/.test(status))?.[1];
      const [media] = Object.values(recordIn(recordIn(success)['content']));
      const where = `${method} ${path}`;
      expect({ where, summary: details['summary'] }).toEqual({
        where,
        summary: expect.stringMatching(/^[A-Z]/),
      });
      expect({ where, media }).toEqual({ where, media: { schema: expect.any(Object) } });
      expect(responses).toHaveProperty('default');
    }
  });

  it('says that bodies hold nothing else, and that no token is needed on loopback', () => {
    const { Problem: _problem, ...bodies } = recordIn(recordIn(document['components'])['schemas']);
    expect(Object.keys(bodies).length).toBeGreaterThan(2);
    for (const body of Object.values(bodies)) expect(body).toMatchObject({ additionalProperties: false });
    for (const { details } of operations) expect(details['security']).toEqual([{}, { bearer: [] }]);
  });

  it('describes what is really answered', async () => {
    const { sessions } = await read('/api/v1/sessions');
    const { episodes } = await read('/api/v1/episodes');
    expect([idsIn(sessions).length, idsIn(episodes).length]).toEqual([
      expect.any(Number),
      expect.any(Number),
    ]);
    const ids: Record<string, string[]> = { sessions: idsIn(sessions), episodes: idsIn(episodes) };
    const isJson = ({ details }: Operation) =>
      JSON.stringify(details['responses']).includes('"application/json"');
    let checked = 0;
    for (const operation of operations.filter((each) => each.method === 'get' && isJson(each))) {
      const known = ids[operation.path.split('/')[3] ?? ''] ?? [];
      const paths = operation.path.includes('{id}')
        ? known.map((id) => operation.path.replace('{id}', encodeURIComponent(id)))
        : [operation.path];
      for (const path of paths) {
        const response = await ask(path);
        const faults = faultsOf(operation.details, response.status, await response.json());
        expect({ path, faults }).toEqual({ path, faults: [] });
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(15);
    for (const path of ['/api/v1/pause', '/api/v1/resume']) await ask(path, { method: 'POST' });
  });

  it('is a page, too, with nothing from elsewhere and nothing that the policy forbids', async () => {
    const page = await ask('/api/v1/docs');
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toContain('<code>/api/v1/sessions/{id}</code>');
    expect(html).not.toMatch(/<script|<style|style=|https?:\/\/(?!opencode)|\son\w+="/);
    expect((await ask('/api/v1/docs/style.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  });
});

describe('each documented route', () => {
  it('refuses other methods, and says which it takes', async () => {
    const byPath = Map.groupBy(operations, ({ path }) => path);
    for (const [path, there] of byPath) {
      const methods = there.map(({ method }) => method.toUpperCase());
      const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
      const response = await ask(path.replaceAll(/\{\w+\}/g, 'x'), { method: 'DELETE' });
      expect(response.headers.get('allow')).toBe(allowed.toSorted().join(', '));
      expect(await response.json()).toMatchObject({ status: 405, code: 'method-not-allowed' });
    }
    const nothing = await ask('/api/v1/nothing', { method: 'DELETE' });
    expect([nothing.status, nothing.headers.get('allow')]).toEqual([404, null]);
  });

  const SEED = 20261126;
  const ROUNDS = 40;

  it('takes whatever is thrown at it without failing', async () => {
    const values = new GeneratedValues(seeded(SEED));
    const failures: unknown[] = [];
    const statuses = new Map<number, number>();
    for (let round = 0; round < ROUNDS; round += 1)
      for (const operation of operations.filter(({ path }) => path !== '/api/v1/events')) {
        const { path, init } = requestFor(operation, values);
        const response = await ask(path, init);
        const text = await response.text();
        // The route may have had all of this told.
        app.get(Logs).level = 'error';
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const foreseen = JSON.stringify(operation.details['responses']).includes(`"${response.status}"`);
        if (response.status >= 500 && !(foreseen && response.status !== 500))
          failures.push({ method: operation.method, path, init, status: response.status, text });
        if (
          response.status >= 400 &&
          response.headers.get('content-type')?.startsWith('application/problem+json') !== true
        )
          if (!foreseen) failures.push({ path, text });
      }
    expect(failures).toEqual([]);
    expect([...statuses.keys()].toSorted()).toEqual(expect.arrayContaining([200, 400, 404]));
  }, 60_000);
});

function requestFor(
  { method, path, details }: Operation,
  values: GeneratedValues,
): { path: string; init: RequestInit } {
  const parameters = Array.isArray(details['parameters']) ? details['parameters'].map(recordIn) : [];
  const query = new URLSearchParams();
  let target = path;
  for (const { name, in: place, schema } of parameters) {
    const value = textOf(values.for(schema));
    if (place === 'path')
      target = target.replace(`{${String(name)}}`, encodeURIComponent(value.toWellFormed()) || 'x');
    else if (values.pick([true, true, false]) === true) query.append(String(name), value);
  }
  if (values.pick([true, false, false, false, false]) === true)
    query.append(textOf(values.odd()), textOf(values.odd()));
  const search = query.size === 0 ? '' : `?${query.toString()}`;
  if (method === 'get') return { path: `${target}${search}`, init: {} };
  const schema = bodySchemaOf(details);
  const body = JSON.stringify(values.for(schema));
  return {
    path: `${target}${search}`,
    init: { method: method.toUpperCase(), headers: { 'content-type': 'application/json' }, body },
  };
}

function bodySchemaOf(details: Operation['details']): unknown {
  const content = recordIn(recordIn(details['requestBody'])['content']);
  const schema = recordIn(recordIn(content['application/json'])['schema']);
  const name = /^#\/components\/schemas\/(\w+)$/.exec(String(schema['$ref']))?.[1];
  return name === undefined ? schema : recordIn(recordIn(document['components'])['schemas'])[name];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
