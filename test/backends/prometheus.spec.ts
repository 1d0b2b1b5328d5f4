import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { findPrometheus, PrometheusProcess, type Programs } from './prometheus.js';

const run = promisify(execFile);
const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const isOptional = process.env['BACKENDS'] === 'optional';

const dir = await mkdtemp(join(tmpdir(), 'prometheus-'));
const found = await findPrometheus(dir);
process.stderr.write(
  typeof found === 'string' ? `not run: Prometheus: ${found}\n` : `run against Prometheus ${found.version}\n`,
);
afterAll(() => rm(dir, { recursive: true, force: true }));

type Target = { expr: string };
type Panel = { title: string; targets?: readonly Target[] };

async function dashboardQueries(): Promise<readonly string[]> {
  const { panels }: { panels: readonly Panel[] } = JSON.parse(
    await readFile(join(DEPLOY, 'grafana/palingenesis.json'), 'utf8'),
  );
  const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  return exprs.map((expr) => expr.replaceAll(/\$__(rate_interval|range)/g, '1m').replaceAll(/\$\w+/g, '.*'));
}

if (typeof found === 'string')
  describe('Prometheus', () => {
    it(isOptional ? 'was not run, for a reason' : 'can be had on this machine', () => {
      if (isOptional) expect(found).not.toBe('');
      else throw new Error(`${found}. Install it, or set BACKENDS=optional to go on without.`);
    });
  });
else withPrometheus(found);

function withPrometheus(programs: Programs): void {
  const { promtool } = programs;
  let service: ServiceProcess;
  let prometheus: PrometheusProcess;
  beforeAll(async () => {
    service = await startService({
      env: { HOME: dir, PATH: process.env['PATH'] ?? '' },
      stateDir: join(dir, 'state'),
    });
    prometheus = await PrometheusProcess.start(programs, dir, service.url);
  }, 60_000);
  afterAll(async () => {
    await prometheus.stop();
    await service.stop();
  });

  describe('promtool', () => {
    it.each([
      ['the configuration', ['check', 'config', 'prometheus.yml']],
      ['the rules', ['check', 'rules', 'alerts.yml']],
      ['what the rules do', ['test', 'rules', 'alerts.test.yml']],
    ])('accepts %s', async (_what, args) => {
      const { stdout } = await run(promtool, args, { cwd: join(DEPLOY, 'prometheus') });
      expect(stdout).toContain('SUCCESS');
    });

    it('accepts the configuration of Compose, where the rules and the token are mounted beside it', async () => {
      const folder = await mkdtemp(join(dir, 'compose-'));
      const token = join(folder, 'read.token');
      const config = await readFile(join(DEPLOY, 'compose/prometheus.yml'), 'utf8');
      await writeFile(join(folder, 'prometheus.yml'), config.replace('/run/secrets/read.token', token));
      await writeFile(token, 'token');
      await cp(join(DEPLOY, 'prometheus/alerts.yml'), join(folder, 'alerts.yml'));
      const { stdout } = await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: folder });
      expect(stdout).toContain('SUCCESS: 1 rule files found');
    });

    it('finds nothing wrong with the exposition', async () => {
      const checked = run(promtool, ['check', 'metrics']);
      checked.child.stdin?.end(String(await service.get('/metrics')));
      await expect(checked).resolves.toMatchObject({ stdout: '', stderr: '' });
    });
  });

  describe('a real Prometheus', () => {
    it('scrapes the service', async () => {
      await prometheus.untilAnswer('targets', (data) => data.includes('"health":"up"'));
    });

    it('evaluates every rule', async () => {
      const isEvaluated = (data: string) =>
        data.includes('"health":"ok"') && !data.includes('"health":"unknown"');
      await prometheus.untilAnswer('rules', isEvaluated);
      const data = JSON.stringify(await prometheus.ask('rules'));
      expect(data.match(/"health":"ok"/g)?.length).toBe(11);
      expect(data).not.toContain('"health":"err"');
    });

    it('answers every query of the dashboard', async () => {
      const queries = await dashboardQueries();
      for (const query of queries)
        await expect(prometheus.ask('query', { query })).resolves.toMatchObject({ resultType: 'vector' });
      expect(queries.length).toBeGreaterThan(25);
    });

    it('knows what the service exported', async () => {
      const query = 'palingenesis_state{state="running"} == 1';
      await expect(prometheus.ask('query', { query })).resolves.toMatchObject({
        result: [expect.anything()],
      });
    });
  });
}
