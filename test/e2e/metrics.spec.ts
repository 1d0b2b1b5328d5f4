import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linesOf, recordings } from '../contracts/recordings.js';
import { startService, type ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT_MS = 15_000;

type Sample = Readonly<{ name: string; labels: Readonly<Record<string, string>>; value: number }>;
type Family = Readonly<{ type: string; help: string; samples: Sample[] }>;
type Exposition = ReadonlyMap<string, Family>;

let dir: string;
let service: ServiceProcess;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'metrics-'));
  await mkdir(join(dir, '.claude/projects/-home-dev-project'), { recursive: true });
  const env = { HOME: dir, PATH: process.env['PATH'] ?? '' };
  const settings = { 'agents.claude-code.command': 'no-such-agent' };
  service = await startService({ env, stateDir: join(dir, 'state'), settings });
});
afterAll(async () => {
  await service.stop();
  await rm(dir, { recursive: true, force: true });
});

const VALUE = String.raw`(?:NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const PAIR = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"`;
const SAMPLE = new RegExp(String.raw`^([a-zA-Z_:][\w:]*)(?:\{(${PAIR}(?:,${PAIR})*)\})? (${VALUE})$`);

/** The text format 0.0.4, read without mercy: what is not exactly right throws. */
function parse(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  const lines = text.split('\n').filter((line) => line !== '');
  let current: [name: string, family: Family] | undefined;
  for (const [at, line] of lines.entries()) {
    const help = /^# HELP ([a-zA-Z_:][\w:]*) ((?:[^\\]|\\[\\n])+)$/.exec(line);
    const sample = SAMPLE.exec(line);
    if (help !== null) {
      const [, name = '', words = ''] = help;
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[at + 1] ?? '');
      if (type?.[1] !== name || families.has(name)) throw new Error(`HELP without TYPE, or twice: ${name}`);
      current = [name, { type: type[2] ?? '', help: words, samples: [] }];
      families.set(...current);
    } else if (sample !== null && current !== undefined) {
      const [whole, name = '', pairs = '', value = ''] = sample;
      const series = whole.slice(0, whole.lastIndexOf(' '));
      const suffix = current[1].type === 'histogram' ? '_(bucket|sum|count)' : '';
      if (!new RegExp(`^${current[0]}${suffix}$`).test(name) || seen.has(series))
        throw new Error(`out of place, or twice: ${line}`);
      seen.add(series);
      current[1].samples.push({ name, labels: labelsOf(pairs), value: numberOf(value) });
    } else if (!line.startsWith('# TYPE ')) throw new Error(`neither a comment nor a sample: ${line}`);
  }
  return families;
}

function labelsOf(pairs: string): Readonly<Record<string, string>> {
  const found = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  const unescaped = (text = '') => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));
  return Object.fromEntries(found.map(([, name = '', text]) => [name, unescaped(text)]));
}

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity'));

const scrape = async (path = '/metrics'): Promise<Exposition> => parse(String(await service.get(path)));

function valueOf(exposition: Exposition, name: string, labels: Record<string, string> = {}): number {
  const samples = [...exposition.values()].flatMap((family) => family.samples);
  const fits = (sample: Sample) =>
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return samples
    .filter((sample) => sample.name === name && fits(sample))
    .reduce((sum, { value }) => sum + value, 0);
}

/** A session that has just run into a limit which lifts in a distant future. */
async function writeStoppedSession(): Promise<void> {
  const recording = recordings('claude-code').find(({ scenario }) => scenario === 'usage_limit');
  const file = recording?.files.find((name) => name.startsWith('projects/'));
  if (recording === undefined || file === undefined) throw new Error('the recording is missing');
  const now = new Date().toISOString();
  const lines = linesOf(recording, file).map((line) =>
    line
      .replace(/"timestamp":"[^"]+"/, `"timestamp":"${now}"`)
      .replace(/resets [^"]+/, 'resets Jan 3, 2199, 6pm (UTC)'),
  );
  const name = /[^/]+\.jsonl$/.exec(file)?.[0] ?? '';
  await writeFile(join(dir, '.claude/projects/-home-dev-project', name), `${lines.join('\n')}\n`);
}

describe('the exposition', () => {
  it.each(['/metrics', '/api/v1/metrics'])('%s is in the text format', async (path) => {
    const response = await fetch(new URL(path, service.url));
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const families = parse(await response.text());
    expect(families.get('palingenesis_info')?.samples).toMatchObject([{ value: 1 }]);
    expect(families.size).toBeGreaterThan(25);
  });

  it('has histograms whose buckets add up', async () => {
    await scrape();
    const histograms = [...(await scrape())].filter(([, { type }]) => type === 'histogram');
    expect(histograms.length).toBeGreaterThan(3);
    for (const [name, { samples }] of histograms) expectBucketsToAddUp(name, samples);
  });

  it('never tells an id or a path', async () => {
    await service.get('/api/v1/sessions/0e5f2f4e-5f0c-4f6e-9d6b-000000000000').catch(() => undefined);
    const text = String(await service.get('/metrics'));
    expect(text).not.toMatch(/0e5f2f4e|\/home|\/tmp/);
    const labels = { route: '/api/v1/sessions/:id', method: 'GET', status: '4xx' };
    expect(valueOf(parse(text), 'palingenesis_http_requests_total', labels)).toBe(1);
  });
});

function expectBucketsToAddUp(name: string, samples: readonly Sample[]): void {
  const counts = samples.filter((sample) => sample.name === `${name}_count`);
  for (const { labels, value } of counts) {
    const ofSeries = ({ labels: others }: Sample) =>
      Object.entries(labels).every(([key, text]) => others[key] === text);
    const buckets = samples.filter((sample) => sample.name === `${name}_bucket`).filter(ofSeries);
    const bounds = buckets.map((bucket) => numberOf(bucket.labels['le'] ?? 'NaN'));
    const cumulative = buckets.map((bucket) => bucket.value);
    expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    expect(cumulative).toEqual(cumulative.toSorted((a, b) => a - b));
    expect([bounds.at(-1), cumulative.at(-1)]).toEqual([Infinity, value]);
    expect(samples.filter((sample) => sample.name === `${name}_sum`).filter(ofSeries)).toHaveLength(1);
  }
}

describe('the numbers', () => {
  it('move when a session stops', async () => {
    const agent = 'claude-code';
    expect(valueOf(await scrape(), 'palingenesis_stops_total', { agent, reason: 'usage_limit' })).toBe(0);
    await writeStoppedSession();
    const waiting = { agent, state: 'waiting' };
    const after = await until(
      async () => {
        const now = await scrape();
        return valueOf(now, 'palingenesis_open_episodes', waiting) === 1 ? now : undefined;
      },
      { timeoutMs: TIMEOUT_MS, failure: () => service.output() },
    );
    const limit = { agent, reason: 'usage_limit' };
    expect(valueOf(after, 'palingenesis_stops_total', limit)).toBe(1);
    expect(valueOf(after, 'palingenesis_episodes_total', limit)).toBe(1);
    expect(valueOf(after, 'palingenesis_sessions', { agent, state: 'stopped' })).toBe(1);
    expect(valueOf(after, 'palingenesis_classification_confidence_count', { agent })).toBe(1);
    expect(valueOf(after, 'palingenesis_detection_latency_seconds_count', { agent })).toBe(1);
    expect(valueOf(after, 'palingenesis_detection_latency_seconds_sum', { agent })).toBeLessThan(5);
    expect(valueOf(after, 'palingenesis_wait_overdue_seconds')).toBe(0);
  });

  it('tell a pause', async () => {
    await service.post('/api/v1/pause');
    expect(valueOf(await scrape(), 'palingenesis_state', { state: 'paused' })).toBe(1);
    await service.post('/api/v1/resume');
    expect(valueOf(await scrape(), 'palingenesis_state', { state: 'paused' })).toBe(0);
  });

  it('count requests that never came to a route, too', async () => {
    const other = { route: 'other', status: '4xx' };
    const before = valueOf(await scrape(), 'palingenesis_http_requests_total', other);
    const body = '{"agent":';
    const headers = { 'content-type': 'application/json' };
    await fetch(new URL('/api/v1/sessions', service.url), { method: 'POST', headers, body });
    await fetch(new URL('/nowhere', service.url));
    await fetch(new URL('/health', service.url), { headers: { origin: 'http://evil.example' } });
    expect(valueOf(await scrape(), 'palingenesis_http_requests_total', other)).toBe(before + 3);
  });
});

describe('the dashboard and the alerts', () => {
  const check = (...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const args = ['scripts/check-dashboard.mjs', service.url, ...flags];
      execFile(process.execPath, args, { cwd: ROOT }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it('ask only for what the service exports', async () => {
    expect(await check()).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/: 0 wrong/) });
  });

  it.each([
    [
      'metric',
      'palingenesis_saves_total',
      'palingenesis_saved_total',
      'there is no metric palingenesis_saved_total',
    ],
    ['label', 'sum by (outcome)', 'sum by (result)', 'no metric of it has the label "result"'],
    ['matcher', 'agent=~', 'agents=~', 'has no label "agents"'],
    ['value', 'state=\\"parked\\"', 'state=\\"park\\"', 'has no state="park"'],
    ['legend', '{{status}}', '{{code}}', 'no metric of it has the label "code"'],
  ])('are found out with a wrong %s', async (_what, right, wrong, words) => {
    const text = await readFile(join(ROOT, 'deploy/grafana/palingenesis.json'), 'utf8');
    expect(text).toContain(right);
    const dashboard = join(dir, 'wrong.json');
    await writeFile(dashboard, text.replaceAll(right, wrong));
    const { code, stderr } = await check('--dashboard', dashboard);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(words) });
  });

  it('are found out with a wrong alert', async () => {
    const text = await readFile(join(ROOT, 'deploy/prometheus/alerts.yml'), 'utf8');
    const alerts = join(dir, 'wrong.yml');
    await writeFile(alerts, text.replace('outcome!="saved"', 'outcome!="safe"'));
    const { code, stderr } = await check('--alerts', alerts);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PalingenesisResumesFail'),
    });
  });
});
