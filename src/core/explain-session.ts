import type { Episode } from './episode.js';
import { compose, seenOf, type Block, type Explanation } from './explain.js';
import type { SessionSnapshot } from './session.js';
import { iso, type EpochMs } from './stop.js';

/** What is known of a session that has no open episode. */
export type SessionFacts = Readonly<{
  nowMs: EpochMs;
  /** Whether its agent is watched. */
  isAgentOn: boolean;
  adoptWithinH: number;
  /** The episode of its last stop, which is over. */
  closed?: Episode | undefined;
  /** Our own run that works on it. */
  runId?: string | undefined;
}>;

type Parts = Readonly<{
  seen: string;
  planned: string;
  blockedBy?: readonly Block[];
  wouldChange?: readonly string[];
}>;

/** Explains why nothing is being done about a session. */
export function explainSession(session: SessionSnapshot, facts: SessionFacts): Explanation {
  const parts = session.stop === undefined ? unstopped(session, facts) : stopped(session, facts);
  return compose({ dueAtMs: undefined, blockedBy: [], wouldChange: [], ...parts });
}

function unstopped({ view, path, liveness }: SessionSnapshot, { runId, isAgentOn }: SessionFacts): Parts {
  const planned = 'nothing, until it stops';
  if (view.isSubagent === true)
    return {
      seen: 'It is the work of a helper of another session',
      planned: 'nothing: that session is looked after',
    };
  if (!isAgentOn) return switchedOff();
  if (runId !== undefined) return { seen: `Our run ${runId} works on it`, planned: 'its end is judged' };
  if (path === undefined) return { seen: 'It was started and has not written anything yet', planned };
  if (view.turn.kind === 'open') {
    const by = liveness === 'alive' ? ' in a live process' : '';
    return { seen: `It is at work${by}: a turn is under way`, planned };
  }
  return {
    seen: 'It is listed only: nothing was read that tells how it stands',
    planned: 'nothing: it is read when it changes',
    wouldChange: [
      'a session file untouched for longer than monitor.list_only_after_h is read when it changes',
    ],
  };
}

function switchedOff(): Parts {
  return {
    seen: 'Its agent is not watched',
    planned: 'nothing',
    blockedBy: [{ kind: 'agent_off', why: 'the agent is switched off (agents.<id>.enabled = false)' }],
    wouldChange: ['switching it on, and a restart'],
  };
}

function stopped(session: SessionSnapshot, facts: SessionFacts): Parts {
  const { stop, id, view } = session;
  if (stop === undefined || view.isSubagent === true) return unstopped(session, facts);
  const seen = seenOf(stop);
  if (facts.runId !== undefined)
    return { seen, planned: `our run ${facts.runId} is still ending; what its end tells is judged` };
  if (stop.reason === 'completed')
    return { seen, planned: 'nothing: its work is done', wouldChange: ['new work that you give it'] };
  if (!facts.isAgentOn) return { ...switchedOff(), seen };
  if (facts.closed?.stop.recordId === stop.recordId) return dealtWith(seen, facts.closed);
  if (stop.reason === 'user_exit')
    return {
      seen,
      planned: 'nothing: what its user ended is left to its user',
      wouldChange: ['going on in the session yourself'],
    };
  return tooOld(id, stop.atMs, seen, facts);
}

function dealtWith(seen: string, { id, state, why }: Episode): Parts {
  return {
    seen,
    planned: `nothing: this stop is dealt with (episode ${id} is ${state}: ${why})`,
    wouldChange: ['going on in the session yourself', 'its next stop is a new episode'],
  };
}

function tooOld(id: string, atMs: EpochMs, seen: string, { nowMs, adoptWithinH }: SessionFacts): Parts {
  const sinceMs = nowMs - adoptWithinH * 3_600_000;
  if (atMs >= sinceMs) return { seen, planned: 'it is about to be taken up' };
  const why = `it stopped before ${iso(sinceMs)} (monitor.adopt_within_h = ${adoptWithinH}), and its limit has lifted`;
  return {
    seen,
    planned: 'nothing: old stops are left alone',
    blockedBy: [{ kind: 'history', why }],
    wouldChange: [`"palingenesis resume-now ${id}" takes it up`, 'going on in the session yourself'],
  };
}
