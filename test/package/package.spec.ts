import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExampleApp, writeSessions } from '../support/example-app.js';
import { startService } from '../support/service-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/custom-modules');
const INSTALL_MS = 240_000;
const MAX_PACKAGE_BYTES = 2_000_000;
const execute = promisify(execFile);
const versionOf = (name: string): string => {
  const { version }: { version: string } = createRequire(import.meta.url)(`${name}/package.json`);
  return version;
};

let dir: string;
let project: string;
let packed: { filename: string; size: number; files: { path: string }[] };

/** npm and what it starts run on the Node of these tests. */
const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
/** The settings of the npm that started these tests are not those of the user's project. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
const run = (cwd: string, file: string, ...args: string[]) =>
  execute(file, args, { cwd, env: { ...env, PATH }, maxBuffer: 16_000_000 });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'package-'));
  project = join(dir, 'project');
  await mkdir(project);
  const { stdout } = await run(ROOT, 'npm', 'pack', '--json', '--pack-destination', dir);
  [packed] = JSON.parse(stdout);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const tools = ['typescript', '@types/node'].map((name) => `${name}@${versionOf(name)}`);
  await run(project, 'npm', 'install', '--no-audit', '--no-fund', join(dir, packed.filename), ...tools);
}, INSTALL_MS);
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what runs, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/main.js', 'config/default.toml']),
    );
    const others = paths.filter(
      (path) => !/^(?:bin|config|dist)\/|^(?:README\.md|package\.json)$/.test(path),
    );
    expect(others).toEqual([]);
    expect(paths.filter((path) => /\.spec\.|\.env|\.npmrc/.test(path))).toEqual([]);
    expect(packed.size).toBeLessThan(MAX_PACKAGE_BYTES);
  });

  it('brings one Nest, the one of the application', async () => {
    const inside = await readdir(join(project, 'node_modules/palingenesis'));
    expect(inside).not.toContain('node_modules');
    expect(await readdir(join(project, 'node_modules/@nestjs'))).toEqual(
      expect.arrayContaining(['common', 'core', 'platform-express']),
    );
  });

  it('has commands that run', async () => {
    const { stdout } = await run(
      project,
      'npx',
      '--no-install',
      'palingenesis',
      'config',
      'show',
      '--http.port=7655',
    );
    expect(stdout).toContain('port = 7655');
  }, 30_000);

  it('is a service', async () => {
    const service = await startService({
      env: { HOME: dir, PATH },
      stateDir: join(dir, 'state'),
      main: join(project, 'node_modules/palingenesis/dist/main.js'),
    });
    expect(await service.until('/health/ready', () => true)).toMatchObject({ status: 'up' });
    await service.stop();
    expect(service.exitCode).toBe(0);
  }, 60_000);

  it('is what the example is built and run with', async () => {
    const sources = (await readdir(EXAMPLE)).filter((name) => /\.(?:ts|mjs|json)$/.test(name));
    for (const name of sources) await cp(join(EXAMPLE, name), join(project, name));
    await run(project, 'npx', '--no-install', 'tsc', '--project', 'tsconfig.build.json');
    await writeSessions(dir);
    const app = await ExampleApp.start(project, dir);
    try {
      await app.untilSaved();
      expect(await app.notebook()).toContain('a session needs you (auth)');
    } finally {
      await app.stop();
    }
  }, 120_000);
});
