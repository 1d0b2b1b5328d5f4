import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordings } from '../contracts/recordings.js';
import { parseJsonLines } from '../support/json-lines.js';

const BIN = fileURLToPath(new URL('../../bin/palingenesis.mjs', import.meta.url));
const LIMIT = "You've hit your session limit · resets 3pm (UTC)";
const AT = '2026-11-22T12:00:00Z';
const KNOWN = 'claude-code, codex, opencode, gemini-cli';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'classify-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

function start(...args: readonly string[]) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TZ: 'UTC' };
  const child = spawn(process.execPath, [BIN, 'classify', ...args], { env, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.stderr += chunk));
  // One that does not read what it is given breaks the pipe; its exit tells the story.
  child.stdin.on('error', () => undefined);
  return { child, said };
}
async function classify(input: string, ...args: readonly string[]) {
  const { child, said } = start(...args);
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { ...said, code: Number(code), verdicts: parseJsonLines(said.stdout) };
}
const record = (fields: object) =>
  JSON.stringify({ agent: 'claude-code', kind: 'text', payload: LIMIT, at: AT, ...fields });
const sessionOf = (agent: string, scenario: string, pattern: RegExp) => {
  const found = recordings(agent).find((recording) => recording.scenario === scenario);
  return join(found?.dir ?? '', found?.files.find((file) => pattern.test(file)) ?? '');
};

describe('palingenesis classify', () => {
  it('answers for one record on one line', async () => {
    const { code, stderr, stdout, verdicts } = await classify(record({}));
    expect({ code, stderr, lines: stdout.split('\n').length }).toEqual({ code: 0, stderr: '', lines: 2 });
    expect(verdicts).toEqual([
      {
        reason: 'usage_limit',
        confidence: 0.95,
        resumable: true,
        reset: { at: '2026-11-22T15:00:00.000Z', source: 'text', raw: 'resets 3pm (UTC)' },
        evidence: { source: 'text', rule: expect.stringMatching(/^claude-code@/), text: LIMIT },
      },
    ]);
  });

  it('answers for each of many records of many agents, in their order', async () => {
    const lines = [
      record({}),
      record({ agent: 'codex', kind: 'json', payload: { type: 'turn.completed' } }),
      record({ agent: 'opencode', kind: 'json', payload: { name: 'ProviderAuthError', data: {} } }),
      record({ agent: 'gemini-cli', kind: 'json', payload: { type: 'message', content: LIMIT } }),
      record({ agent: 'grok-cli', payload: 'rate limit exceeded' }),
    ];
    const { code, stderr, verdicts } = await classify(lines.join('\n'), '-');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(verdicts.map(({ reason, resumable }) => [reason, resumable])).toEqual([
      ['usage_limit', true],
      ['completed', false],
      ['auth', false],
      ['not_a_stop', false],
      ['rate_limit', true],
    ]);
  });

  it('keeps its lines in step with bad ones, and fails in the end', async () => {
    const { code, stderr, verdicts } = await classify(
      [record({}), '{"kind":', record({ at: 'noon' }), record({})].join('\n'),
    );
    expect(code).toBe(1);
    expect(verdicts.map((verdict) => verdict['reason'] ?? verdict['error'])).toEqual([
      'usage_limit',
      'line 2 is no JSON object',
      'line 3: "at" is no ISO time: "noon"',
      'usage_limit',
    ]);
    expect(stderr).toBe(
      'palingenesis: line 2 is no JSON object\npalingenesis: line 3: "at" is no ISO time: "noon"\n',
    );
  });

  it('reads a screen from a file, as of the time it is told', async () => {
    const screen = join(home, 'screen.txt');
    await writeFile(screen, `⏺ I look\n  ⎿  ${LIMIT}\n\n> \n`);
    const { verdicts } = await classify('', '--agent', 'claude-code', '--at', '2026-12-24T16:00:00Z', screen);
    expect(verdicts).toMatchObject([{ reason: 'usage_limit', reset: { at: '2026-12-25T15:00:00.000Z' } }]);
    await rm(screen);
  });

  it.each([
    ['claude-code', 'usage_limit', /^projects\//, 'usage_limit'],
    ['codex', 'usage_limit', /rollout-/, 'usage_limit'],
    ['opencode', 'usage_limit', /\.db$/, 'usage_limit'],
    ['gemini-cli', 'completed', /\/chats\//, 'completed'],
  ])('reads a whole session of %s, told whose it is or not', async (agent, scenario, pattern, reason) => {
    const file = sessionOf(agent, scenario, pattern);
    for (const args of [[], ['--agent', agent]]) {
      const { code, stderr, verdicts } = await classify('', ...args, '--session', file);
      expect({ code, stderr, verdicts }).toMatchObject({ code: 0, stderr: '', verdicts: [{ reason }] });
    }
  });

  it('says that a file is no session, or not there', async () => {
    const { code, stderr, verdicts } = await classify('', '--session', BIN);
    expect({ code, verdicts }).toEqual({ code: 1, verdicts: [{ error: expect.stringContaining(KNOWN) }] });
    expect(stderr).toContain(`${BIN}: no session`);
    for (const args of [['--session', '/nowhere'], ['/nowhere']]) {
      const gone = await classify('', ...args);
      expect(gone).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/^palingenesis: \/nowhere cannot be read \(ENOENT\)/),
      });
    }
  });

  it('judges by what holds for all where it has no adapter, and says so', async () => {
    const { code, stderr, verdicts } = await classify('Too many requests', '--agent', 'claude');
    expect({ code, verdicts }).toMatchObject({ code: 0, verdicts: [{ reason: 'rate_limit' }] });
    expect(stderr).toBe(`palingenesis: no agent "claude", so what holds for all counts; known: ${KNOWN}\n`);
    const session = await classify('', '--agent', 'claude', '--session', BIN);
    expect(session).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `palingenesis: no agent "claude"; known: ${KNOWN}\n`,
    });
  });

  it('asks whose record it is, and says nothing of nothing', async () => {
    const { code, verdicts } = await classify(LIMIT);
    expect({ code, verdicts }).toEqual({
      code: 1,
      verdicts: [{ error: expect.stringContaining('--agent ID') }],
    });
    expect(await classify('')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await classify('\n \n')).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it.each([
    [['one', 'two'], '"two": one file at a time'],
    [['--at', 'noon'], '--at noon: not an ISO time such as'],
    [['--at', '2026-11-22T12:00:00Z', '--session', 'x'], 'a session says its own times'],
    [['--agnet', 'codex'], "'--agnet'"],
    [['--session'], 'argument missing'],
    [['--agents.codex.hom=/x'], 'did you mean agents.codex.home?'],
  ])('refuses %j', async (args, words) => {
    const { code, stdout, stderr } = await classify('', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('ends well where its reader has seen enough', async () => {
    const { child, said } = start();
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.end(`${record({})}\n`.repeat(5000));
    const [code] = await once(child, 'exit');
    expect({ code, stderr: said.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('leaves nothing behind', async () => {
    await classify(record({}));
    expect(await readdir(home)).toEqual([]);
  });
});
