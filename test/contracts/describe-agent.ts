import { describe, expect, it } from '@jest/globals';
import { isStop, type Finding } from '../../src/core/finding.js';
import { judge } from '../../src/core/judge.js';
import { parseRecord } from '../../src/core/json-record.js';
import type { Agent, TranscriptFold } from '../../src/core/ports/agent.js';
import type { Holding } from '../../src/core/session.js';
import { isResumable } from '../../src/core/resume-plan.js';
import type { Reset } from '../../src/core/stop.js';
import { linesOf, textOf, type Recording } from './recordings.js';

export type Contract = Readonly<{
  agent: Agent;
  recordings: readonly Recording[];
  /** Lines for the fold of the session a recording holds, or undefined where it left none. */
  transcript: (recording: Recording) => { path: string; lines: readonly string[] } | undefined;
  /** Who held the session at the end. */
  holding: (recording: Recording) => Holding;
  /** Outputs of runs, whose last one tells how the recording ended. */
  streams: (recording: Recording) => readonly string[];
  /** Where records alone cannot tell what the label says, what they do tell; `docs/agents/` says why. */
  told: Readonly<Record<string, string>>;
  /** The same for the output of the last run. */
  toldByStream: Readonly<Record<string, string>>;
  /** What the launch contract is in every recording. */
  contract: object;
  /** A file name that belongs to no session. */
  foreignFile: string;
}>;

/** What every adapter keeps, by recordings of the real agent. */
export function describeAgent(name: string, suite: Contract): void {
  const { agent, recordings } = suite;
  const withTranscript = recordings.flatMap((recording) => {
    const transcript = suite.transcript(recording);
    return transcript === undefined ? [] : [{ recording, scenario: recording.scenario, ...transcript }];
  });
  const fold = ({ path, lines }: { path: string; lines: readonly string[] }): TranscriptFold => {
    const transcript = agent.newTranscript(path);
    lines.forEach((line) => transcript.accept(line));
    return transcript;
  };

  describe(`${name}, by recordings of the real program`, () => {
    it.each(withTranscript)('$scenario: the records tell the reason', (each) => {
      const { recording, scenario } = each;
      const stop = judge(fold(each).view(), suite.holding(recording));
      expect(stop?.reason).toBe(suite.told[scenario] ?? recording.expectedReason);
    });

    it('the resets are what the records allow: exact, or cut to the minute where only words tell', () => {
      for (const each of withTranscript.filter(({ recording }) => recording.resetEpoch != null)) {
        const { recording, scenario } = each;
        const reset = judge(fold(each).view(), suite.holding(recording))?.reset;
        if (suite.told[scenario] === undefined)
          expectReset(reset, (recording.resetEpoch ?? 0) * 1000, scenario);
        else expect(reset).toBeUndefined();
      }
    });

    it.each(withTranscript)('$scenario: the launch contract is read', (each) => {
      const view = fold(each).view();
      if (view.turn.kind !== 'none') expect(view).toMatchObject(suite.contract);
    });

    it.each(withTranscript)('$scenario: is no less known by its end alone', (each) => {
      const { lines, recording } = each;
      const whole = fold(each);
      for (let from = Math.max(1, lines.length - 8); from < lines.length; from += 1) {
        const tail = agent.newTranscript(each.path);
        tail.acceptHead?.(lines.join('\n').slice(0, 4096));
        lines.slice(from).forEach((line) => tail.accept(line));
        if (!tail.isSufficient()) continue;
        const [end, all] = [tail, whole].map((each) => judge(each.view(), suite.holding(recording)));
        expect({ reason: end?.reason, reset: end?.reset }).toEqual({
          reason: all?.reason,
          reset: all?.reset,
        });
      }
    });

    it.each(recordings.filter((recording) => suite.streams(recording).length > 0))(
      '$scenario: the output of our own run tells the reason',
      (recording) => {
        const run = agent.newRun();
        const last = lastRun(recording, suite.streams(recording));
        linesOf(recording, last).forEach((line) => run.accept(line));
        const code = Object.values(recording.exitCode).at(-1);
        const exit = typeof code === 'number' ? { code } : code === undefined ? {} : { signal: code };
        const outcome = run.outcome({ exit, stderrTail: textOf(recording, /stderr/), atMs: 0 });
        const told = suite.toldByStream[recording.scenario] ?? recording.expectedReason;
        // A crash leaves no result, and a completion no verdict.
        const verdict = ['completed', 'crash'].includes(told) ? undefined : told;
        expect(outcome.verdict?.reason).toBe(verdict);
        expect(outcome.result === 'ok').toBe(told === 'completed');
      },
    );

    it('takes no record of a session that went well for a stop that would be resumed', () => {
      const resumable = withTranscript
        .filter(({ recording }) => recording.expectedReason === 'completed' && !mayFailBefore(recording))
        .flatMap(({ lines, scenario }) => lines.map((line) => ({ scenario, finding: classified(line) })))
        .filter(({ finding }) => finding !== undefined && isStop(finding) && isResumable(finding));
      expect(resumable).toEqual([]);
    });

    it('survives what is no record', () => {
      const transcript = agent.newTranscript('/nowhere/file');
      const run = agent.newRun();
      for (const line of NO_RECORDS) {
        transcript.accept(line);
        transcript.acceptHead?.(line);
        run.accept(line);
        expect(agent.signalsOf(line, 0)).toEqual([]);
        expect(agent.classify({ kind: 'json', payload: line, atMs: 0 }).reason).toBe('not_a_stop');
      }
      expect(transcript.view().turn).toEqual({ kind: 'none' });
      expect(run.outcome({ exit: { code: 0 }, stderrTail: '', atMs: 0 }).result).toBe('none');
    });

    it('knows its own files from others', () => {
      expect(agent.ownerOf(suite.foreignFile)).toBeUndefined();
      expect(agent.claimOf('{"pid":')).toBeUndefined();
      expect(agent.lockedSession(suite.foreignFile)).toBeUndefined();
    });

    it('resumes in the folder and with the rights the session had, its prompt in no argument', () => {
      const contract = { cwd: '/w', home: '/h', model: 'm', effort: 'high', permissionMode: 'mode' };
      for (const command of [agent.resume('id', contract, 'do it'), agent.launch('id', contract, 'do it')]) {
        expect(command).toMatchObject({ cwd: '/w', stdin: 'do it' });
        expect(command.args).not.toContain('do it');
        expect(Object.values(command.env).join()).toContain('/');
      }
      expect(agent.resume('id', contract, 'do it').args).toContain('id');
    });
  });

  function classified(line: string): Finding | undefined {
    const payload = parseRecord(line);
    return payload && agent.classify({ kind: 'json', payload, atMs: 0 });
  }
}

function expectReset(reset: Reset | undefined, exactMs: number, scenario: string): void {
  const cutMs = exactMs - (exactMs % MINUTE_MS);
  const isExact = reset?.source === 'structured';
  expect({ scenario, atMs: Math.floor((reset?.atMs ?? 0) / 1000) * 1000 }).toEqual({
    scenario,
    atMs: isExact ? exactMs : cutMs,
  });
}

/** The output of the run that ended last. */
function lastRun({ exitCode }: Recording, streams: readonly string[]): string {
  const name = Object.keys(exitCode).at(-1) ?? '';
  return streams.find((file) => file.startsWith(`${name}.`)) ?? streams.at(-1) ?? '';
}

const MINUTE_MS = 60_000;
const NO_RECORDS = ['', ' ', '{', '[]', 'null', '"text"', '\u0000\u0001', '{"type":'];

/** Its history holds failures that were mended. */
function mayFailBefore({ scenario }: Recording): boolean {
  return /resum|crash|context|conflict/.test(scenario);
}
