import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import { judge } from '../../src/core/judge.js';
import { parseRecord } from '../../src/core/json-record.js';
import type { Agent } from '../../src/core/ports/agent.js';
import { FileSession } from '../../src/monitor/file-session.js';
import { seeded } from '../support/seeded.js';
import { testConfig } from '../support/test-config.js';
import { linesOf, recordings, textOf, type Recording } from './recordings.js';

const SEED = 20_261_122;
const RECORDS = 10_000;
const FILES = 200;
const TAIL_BYTES = 4096;
/** A first look grows to 64 times the tail, in steps of four. */
const MOST_READ = TAIL_BYTES * (1 + 4 + 16 + 64);
const SLOW_MS = 250;

const config = testConfig('/home/dev');
const AGENTS: readonly (readonly [string, Agent])[] = [
  ['claude-code', new ClaudeCodeAdapter(config)],
  ['codex', new CodexAdapter(config)],
  ['opencode', new OpenCodeAdapter(config)],
  ['gemini-cli', new GeminiCliAdapter(config)],
];

type Random = () => number;
const pick = <T>(random: Random, from: readonly T[]): T => {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
};

const ODD: readonly unknown[] = [
  ...[null, true, 0, -1, 1e308, '', '\u0000', 'x'.repeat(20_000), [], {}, [[[[]]]]],
  ...[
    'resets 25:99pm (Nowhere/Zone)',
    'resets Feb 30, 6pm',
    { message: { message: {} } },
    'NaN',
    '2026-13-45T99:99Z',
  ],
  ...[{ status: 'rejected', resetsAt: -5 }, { http_status_code: 'x' }, Number.MAX_SAFE_INTEGER],
];

/** A record with some of its values replaced, added, or gone. */
function mutated(value: unknown, random: Random, depth = 0): unknown {
  if (random() < 0.04) return pick(random, ODD);
  if (Array.isArray(value)) return value.map((each) => mutated(each, random, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => random() > 0.03)
    .map(([key, inner]): [string, unknown] => [
      random() < 0.02 ? '__proto__x' : key,
      mutated(inner, random, depth + 1),
    ]);
  return Object.fromEntries(entries);
}

/** A line as a hurried or dying writer, or another version, may leave it. */
function mutatedLine(line: string, random: Random): string {
  const kind = random();
  if (kind < 0.6) return JSON.stringify([mutated(parseRecord(line), random)]).slice(1, -1);
  const at = Math.floor(random() * line.length);
  if (kind < 0.75) return line.slice(0, at);
  if (kind < 0.85) return line.slice(at);
  if (kind < 0.95)
    return `${line.slice(0, at)}${String.fromCharCode(Math.floor(random() * 300))}${line.slice(at + 1)}`;
  return `${'['.repeat(500)}${line}`;
}

function msOf(work: () => void): number {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
}

const linesIn = (recording: Recording, agent: Agent): readonly string[] =>
  recording.files.flatMap((file) =>
    file.endsWith('.json')
      ? agent.recordsIn(parseRecord(textOf(recording, new RegExp(`^${file}$`))))
      : linesOf(recording, file),
  );

describe.each(AGENTS)('mutated records of %s', (name, agent) => {
  const random = seeded(SEED);
  const lines = recordings(name).flatMap((recording) => linesIn(recording, agent));

  it('throw nowhere, take no time, and do not keep it from reading on', () => {
    const transcript = agent.newTranscript('/home/dev/x/projects/-x/session.jsonl');
    const run = agent.newRun();
    const lookAt = (line: string, atMs: number): void => {
      transcript.accept(line);
      transcript.acceptHead?.(line);
      run.accept(line);
      const payload = parseRecord(line) ?? line;
      const signals = agent.signalsOf(payload, atMs);
      judge(transcript.view(), { liveness: 'dead' }, signals[0]);
      agent.classify({ kind: 'json', payload, atMs });
      agent.classify({ kind: 'text', payload: line.slice(0, 5000), atMs });
      agent.claimOf(line);
      agent.recordsIn(payload);
      agent.sessionIdIn(line);
      run.outcome({ exit: { code: atMs % 256 }, stderrTail: line.slice(0, 4096), atMs });
    };
    for (let count = 0; count < RECORDS; count += 1) {
      const line = mutatedLine(pick(random, lines), random);
      const isSlow = () => msOf(() => lookAt(line, count)) > SLOW_MS;
      // Once it may be the machine.
      if (isSlow() && isSlow() && isSlow()) throw new Error(`slow: ${line.slice(0, 300)}`);
    }
    const completed = recordings(name).find(({ scenario }) => scenario === 'completed');
    if (completed === undefined) throw new Error(`no recording of ${name} that completed`);
    for (const line of linesIn(completed, agent)) transcript.accept(line);
    expect(transcript.view().turn.kind).toBe('ended');
  });
});

describe('mutated files', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fuzz-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each(AGENTS)('of %s are read to a bound', async (name, agent) => {
    const random = seeded(SEED + 1);
    const texts = recordings(name).flatMap((recording) =>
      recording.files.filter((file) => file.endsWith('.jsonl')).map((file) => linesOf(recording, file)),
    );
    for (let count = 0; count < FILES; count += 1) {
      const path = join(dir, `${name}-${count}.jsonl`);
      const own = pick(random, texts).map((line) => (random() < 0.3 ? mutatedLine(line, random) : line));
      const padding = random() < 0.3 ? `${'x'.repeat(Math.floor(random() * 1_000_000))}\n` : '';
      await writeFile(path, padding + own.join(random() < 0.9 ? '\n' : '\r'));
      const session = new FileSession('id', agent, dir, path, () => ({
        tailBytes: TAIL_BYTES,
        maxLineBytes: 65_536,
      }));
      const read = await session.advance();
      if (read.kind !== 'read') throw new Error(`${path}: ${read.kind}`);
      expect(read.bytes).toBeLessThanOrEqual(MOST_READ);
      expect((await session.advance()).kind).toBe('read');
    }
  });
});
