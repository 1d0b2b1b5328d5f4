import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import { OpenCodeQueries } from '../../src/agents/opencode/opencode.database.js';
import { judge } from '../../src/core/judge.js';
import { SqliteRows } from '../../src/platform/sqlite-rows.js';
import { testConfig } from '../support/test-config.js';
import { describeAgent } from './describe-agent.js';
import { linesOf, recordings, type Recording } from './recordings.js';

const agent = new OpenCodeAdapter(testConfig('/home/dev'));
const all = recordings('opencode');
const rows = (recording: Recording): readonly string[] => {
  const document: unknown = JSON.parse(readFileSync(join(recording.dir, 'opencode.rows.json'), 'utf8'));
  return agent.recordsIn(document);
};

describeAgent('OpenCode', {
  agent,
  recordings: all,
  transcript: (recording) => ({
    path: '/home/dev/.local/share/opencode/opencode.db',
    lines: rows(recording),
  }),
  holding: () => ({ liveness: 'absent' }),
  streams: ({ files }) => files.filter((file) => file.endsWith('.run.jsonl')),
  told: {
    // Rows of a message that waits for its next try are those of one whose process died.
    usage_limit: 'crash',
    run_cli_usage_limit: 'crash',
    // The session there is; the one that was asked for left nothing.
    unknown_session_resume: 'completed',
  },
  // While it waits it prints nothing, and it was killed then.
  toldByStream: { run_cli_usage_limit: 'crash' },
  contract: { cwd: '/home/dev/project', version: '1.18.33', model: 'fake/m1' },
  foreignFile: '/home/dev/.local/share/opencode/auth.json',
});

describe('OpenCode', () => {
  const eventsOf = (recording: Recording, file: string) =>
    linesOf(recording, file).flatMap((line) => {
      const event: unknown = JSON.parse(line);
      return agent.signalsOf(event, timeOf(event));
    });

  it.each(['events.sse.jsonl', 'plugin-events.jsonl'])(
    '%s tells what the session waits for, and until when',
    (file) => {
      const limited = all.filter(({ scenario, files }) => scenario === 'usage_limit' && files.includes(file));
      for (const recording of limited) {
        const live = eventsOf(recording, file).at(-1);
        const fold = agent.newTranscript();
        rows(recording).forEach((row) => fold.accept(row));
        const stop = judge(fold.view(), { liveness: 'alive' }, live);
        expect(stop).toMatchObject({
          reason: 'usage_limit',
          waitsItself: true,
          reset: { source: 'structured' },
        });
        expect(Math.floor((stop?.reset?.atMs ?? 0) / 1000)).toBe(recording.resetEpoch);
      }
      expect(limited).toHaveLength(1);
    },
  );

  it('its log tells why, but not until when', () => {
    const [recording] = all.filter(({ scenario }) => scenario === 'usage_limit');
    if (recording === undefined) throw new Error('the recording is missing');
    const signals = linesOf(recording, 'opencode.log').flatMap((line) => agent.signalsOf(line, 0));
    expect(signals.at(-1)).toMatchObject({
      kind: 'waits',
      source: 'log',
      verdict: { reason: 'usage_limit' },
    });
    expect(signals.at(-1)).not.toHaveProperty('verdict.reset');
  });

  it.each(all.filter(({ files }) => files.includes('events.sse.jsonl')))(
    '$scenario: a session that goes on is not left waiting by its events',
    (recording) => {
      const last = eventsOf(recording, 'events.sse.jsonl').at(-1);
      const waits = ['usage_limit', 'resumed_after_crash_cli'].includes(recording.scenario);
      expect(last?.kind === 'waits').toBe(waits);
    },
  );

  it.each(all.filter(({ files }) => files.includes('opencode.db')))(
    '$scenario: its database reads as its rows do',
    (recording) => {
      const database = new SqliteRows(join(recording.dir, 'opencode.db'));
      const queries = new OpenCodeQueries();
      const [listed, ...others] = queries.list(database, 10);
      const fold = agent.newTranscript();
      queries.records(database, listed?.id ?? '').forEach((record) => fold.accept(record));
      const expected = agent.newTranscript();
      rows(recording).forEach((row) => expected.accept(row));
      expect(fold.view()).toEqual(expected.view());
      expect(others).toEqual([]);
      database.close();
    },
  );
});

function timeOf(event: unknown): number {
  return typeof event === 'object' && event !== null && 't' in event ? Number(event.t) : 0;
}
