import type { Episode } from './episode.js';
import type { Objection } from './policy.js';
import type { SessionSnapshot } from './session.js';
import { iso, type EpochMs, type Stop, type StopReason } from './stop.js';
import type { Trouble } from './trouble.js';
import { unreachable } from './unreachable.js';

/** One thing that stands in the way, and until when, where that is known. */
export type Block = Readonly<{ kind: string; why: string; untilMs?: EpochMs }>;

/** Why a session is or is not resumed: in one paragraph, and as data. */
export type Explanation = Readonly<{
  text: string;
  seen: string;
  planned: string;
  dueAtMs: EpochMs | undefined;
  blockedBy: readonly Block[];
  /** What would change the plan, each in one sentence. */
  wouldChange: readonly string[];
}>;

/** What is known besides the episode. */
export type EpisodeFacts = Readonly<{
  nowMs: EpochMs;
  isPaused: boolean;
  /** What the rules of the user say of a resume when it is due. */
  objection?: Objection | undefined;
  /** What the look ahead has found. */
  troubles: readonly Trouble[];
  session?: SessionSnapshot | undefined;
  runId?: string | undefined;
}>;

/** What a person can do about a stop that waiting does not mend. */
const REMEDY: Readonly<Record<StopReason, string>> = {
  usage_limit: 'wait for the limit to lift, or use another account',
  rate_limit: 'look whether the account is throttled',
  overloaded: 'look at the status page of the provider',
  network: 'look at the network of this machine',
  crash: 'look why its process ended',
  timeout: 'look why the agent does not answer',
  context_exhausted: 'compact the session, or start a new one',
  auth: 'log the agent in',
  billing: 'settle the account',
  config: 'correct the settings of the agent, such as its model',
  refusal: 'look at the session: the model refused',
  awaiting_input: 'answer what the session asks',
  user_exit: 'go on in the session yourself',
  completed: 'give the session new work',
  budget_exhausted: 'raise the budget of the run',
  session_missing: 'start the work anew in a new session',
  unknown: 'look at the session: its stop has no known reason',
};

/** Explains one episode. */
export function explainEpisode(episode: Episode, facts: EpisodeFacts): Explanation {
  const seen = seenOf(episode.stop);
  const planned = plannedOf(episode, facts);
  const blockedBy = blocksOf(episode, facts);
  const wouldChange = changesOf(episode, facts);
  return compose({ seen, planned, dueAtMs: episode.dueAtMs, blockedBy, wouldChange });
}

/** The parts of an explanation with their paragraph. */
export function compose(parts: Omit<Explanation, 'text'>): Explanation {
  const { seen, planned, blockedBy, wouldChange } = parts;
  const blocked = blockedBy.map(({ why, untilMs }) =>
    untilMs === undefined ? why : `${why}, until ${iso(untilMs)}`,
  );
  const sentences = [
    seen,
    ...(blocked.length === 0 ? [] : [`In the way: ${blocked.join('; ')}`]),
    `Next: ${planned}`,
    ...(wouldChange.length === 0 ? [] : [`What would change that: ${wouldChange.join('; ')}`]),
  ];
  return { text: sentences.map((sentence) => `${sentence}.`).join(' '), ...parts };
}

/** What was seen of a stop, in one sentence. */
export function seenOf({ reason, confidence, reset, evidence, atMs, waitsItself }: Stop): string {
  const until = reset === undefined ? '' : `, until ${iso(reset.atMs)} (${reset.source})`;
  const itself = waitsItself === true ? '; the agent means to go on by itself' : '';
  const words = evidence.text.replace(/\.$/, '');
  return `The session stopped at ${iso(atMs)}: ${reason}${until}, ${Math.round(confidence * 100)} % sure by its ${evidence.source} ("${words}")${itself}`;
}

function plannedOf(episode: Episode, facts: EpisodeFacts): string {
  const { state, why, attempts } = episode;
  const resume = `resume ${attempts + 1} of this episode`;
  const run = facts.runId ?? 'our run';
  switch (state) {
    case 'detected':
      return 'it is about to be decided what to do';
    case 'planned':
    case 'waiting':
      return `${resume} ${whenDue(episode, facts)}`;
    case 'gated':
      return `${resume} as soon as nothing holds it`;
    case 'preflight':
      return `${resume} at once, unless the last look finds something in the way`;
    case 'resuming':
      return `${run} has been started; its first new work proves it, and its end is judged`;
    case 'verifying':
      return `${run} does new work; the episode is saved when it has ended`;
    case 'saved':
      return 'nothing more: its work went on, and its next stop is a new episode';
    case 'parked':
      return 'nothing, until a person has seen to it';
    case 'gave_up':
      return `nothing: ${why}`;
    case 'cancelled':
      return `nothing (${why}); its next stop is a new episode`;
    default:
      return unreachable(state);
  }
}

function whenDue({ dueAtMs }: Episode, { nowMs }: EpisodeFacts): string {
  return dueAtMs !== undefined && dueAtMs > nowMs
    ? `at ${iso(dueAtMs)}`
    : 'as soon as it may, which it is due for';
}

function blocksOf(episode: Episode, facts: EpisodeFacts): readonly Block[] {
  const { state, why, dueAtMs } = episode;
  switch (state) {
    case 'planned':
    case 'waiting':
      return [...dueBlock(episode, facts), ...aheadOf(facts)];
    case 'gated':
      return [
        {
          kind: 'gate',
          why,
          ...(dueAtMs !== undefined && dueAtMs > facts.nowMs ? { untilMs: dueAtMs } : {}),
        },
        ...aheadOf(facts),
      ];
    case 'parked':
      return [{ kind: 'person', why }];
    case 'detected':
    case 'preflight':
    case 'resuming':
    case 'verifying':
    case 'saved':
    case 'gave_up':
    case 'cancelled':
      return [];
    default:
      return unreachable(state);
  }
}

function dueBlock({ dueAtMs, why }: Episode, { nowMs }: EpisodeFacts): readonly Block[] {
  return dueAtMs !== undefined && dueAtMs > nowMs ? [{ kind: 'due_time', why, untilMs: dueAtMs }] : [];
}

/** What would hold it if it were due now. */
function aheadOf({ isPaused, objection, troubles, session }: EpisodeFacts): readonly Block[] {
  const holder = session?.liveness === 'alive' && !troubles.some(({ kind }) => kind === 'live_writer');
  return [
    ...(isPaused ? [{ kind: 'paused', why: 'acting is paused' }] : []),
    ...(objection === undefined
      ? []
      : [
          {
            kind: objection.rule,
            why: objection.why,
            ...(objection.untilMs === undefined ? {} : { untilMs: objection.untilMs }),
          },
        ]),
    ...troubles,
    ...(holder
      ? [{ kind: 'live_writer', why: `process ${session.pid ?? ''} has the session open`.replace('  ', ' ') }]
      : []),
  ];
}

function changesOf(
  { state, sessionId, stop }: Episode,
  { isPaused, objection }: EpisodeFacts,
): readonly string[] {
  const onward = isPaused ? ['"palingenesis resume" goes on acting'] : [];
  const yours = 'a prompt of yours in the session cancels it';
  switch (state) {
    case 'detected':
      return [];
    case 'planned':
    case 'waiting':
    case 'gated':
      return [
        ...onward,
        ...(objection === undefined ? [] : ['the settings that the rule comes from, read again on SIGHUP']),
        `"palingenesis resume-now ${sessionId}" does not wait`,
        `"palingenesis skip ${sessionId}" leaves it alone`,
        yours,
      ];
    case 'preflight':
      return [yours];
    case 'resuming':
    case 'verifying':
      return [`"palingenesis abort ${sessionId}" ends the run`];
    case 'parked':
      return [
        `${REMEDY[stop.reason]}, then "palingenesis ack ${sessionId}" tries again`,
        `"palingenesis ack ${sessionId} --close" leaves it alone`,
        yours,
      ];
    case 'saved':
    case 'gave_up':
    case 'cancelled':
      return [`${REMEDY[stop.reason]}, where it did not go on`];
    default:
      return unreachable(state);
  }
}
