import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { AppModule } from '../../src/app.module.js';
import { configure } from '../../src/service.js';

const PAGE = fileURLToPath(new URL('../../src/http/dashboard/page/', import.meta.url));
const FILES = (await readdir(PAGE)).filter((name) => /\.(?:js|css|svg)$/.test(name));

let dir: string;
let app: NestExpressApplication;
const http = () => request(app.getHttpServer());

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dashboard-'));
  const argv = [`--state.dir=${join(dir, 'state')}`];
  const module = await Test.createTestingModule({
    imports: [AppModule.forRoot({ argv, env: { HOME: dir }, homeDir: dir })],
  }).compile();
  app = module.createNestApplication<NestExpressApplication>({ forceCloseConnections: true });
  configure(app);
  await app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await app.close();
  await rm(dir, { recursive: true, force: true });
});

/** Every file the page or one of its modules names. What a module imports lies beside it, what it shows below the page. */
function namesIn(text: string, from: string): string[] {
  const imported = [...text.matchAll(/(?:from|import) ?['"]([^'"]+\.js)['"]/g)];
  const shown = [...text.matchAll(/(?:href|src)="([^"#$]+)"/g)];
  const at = (base: string) => (match: RegExpExecArray) =>
    new URL(match[1] ?? '', `http://localhost${base}`).pathname;
  return [...imported.map(at(from)), ...shown.filter(([, name]) => name !== '#/').map(at('/'))];
}

describe('the dashboard', () => {
  it('is at the root, under a policy that lets in nothing else', async () => {
    const { status, headers, text } = await http().get('/');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'self';");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(text).not.toMatch(/<script(?![^>]*src=)|<style|style="|\son\w+="|https?:/);
  });

  it('finds every file it names, and those what they name in turn', async () => {
    const asked = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (asked.has(path)) return;
      asked.add(path);
      const { status, text } = await http().get(path);
      expect({ path, status }).toEqual({ path, status: 200 });
      const names = namesIn(String(text), path);
      for (const name of names) await follow(name);
    };
    await follow('/');
    expect([...asked]).toEqual(expect.arrayContaining(FILES.map((name) => `/dashboard/page/${name}`)));
    expect([...asked]).toContain('/dashboard/lit-html/lit-html.js');
  });

  it.each(['/', '/dashboard/page/main.js', '/dashboard/page/style.css'])('%s is sent once', async (path) => {
    const first = await http().get(path);
    expect(first.headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    const { status } = await http().get(path).set('if-none-match', String(first.headers['etag']));
    expect(status).toBe(304);
  });

  it.each([
    '/dashboard/page/answers.d.ts',
    '/dashboard/page/none.js',
    '/dashboard/lit-html/package.json',
    '/dashboard/page/..%2fdashboard.controller.js',
    '/dashboard/page/%2e%2e/%2e%2e/http.module.js',
    '/dashboard/page//etc/passwd.js',
    '/dashboard/express/index.js',
    '/dashboard/__proto__/x.js',
    '/dashboard/page/%00.js',
  ])('%s is not there', async (path) => {
    const { status, type } = await http().get(path);
    expect({ status, type }).toEqual({ status: 404, type: 'application/problem+json' });
  });
});
