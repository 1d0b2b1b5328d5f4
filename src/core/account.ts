import { backoffMs, type Backoff } from './backoff.js';
import type { Episode, EpisodeChange } from './episode.js';
import { dueAfter, type Margins } from './resume-plan.js';
import { iso, isSurer, type EpochMs, type Reset, type ResetSource, type Stop } from './stop.js';

/** A quota that is used up, until its reset; `seenAtMs`: when a session was last refused for it. */
export type AccountWindow = Readonly<{
  kind: string;
  resetsAtMs: EpochMs;
  source: ResetSource;
  seenAtMs: EpochMs;
}>;

/** What a window may hold back: a stop, and the contract that names the model. */
export type Held = Pick<Episode, 'stop' | 'contract'>;

/**
 * What an account lets through of the sessions that its limit stopped.
 * `open` all · `canary` one, and no other before that one works · `slow_start` 1, then 2, 4, … per step · `breaker`
 * none before `untilMs`, then one as a canary. A resume that started before `sinceMs` says nothing about the gate.
 */
export type Gate = Readonly<
  | { kind: 'open' }
  | { kind: 'canary'; sinceMs: EpochMs }
  | { kind: 'slow_start'; sinceMs: EpochMs; size: number; left: number; nextMs: EpochMs; failures: number }
  | { kind: 'breaker'; sinceMs: EpochMs; untilMs: EpochMs; failures: number }
>;
export const GATE_KINDS = ['open', 'canary', 'slow_start', 'breaker'] as const satisfies Gate['kind'][];

/** What sessions of one account share: its windows, and its gate. */
export type Account = Readonly<{
  id: string;
  agent: string;
  home: string;
  windows: readonly AccountWindow[];
  gate: Gate;
}>;

/** All of it from the settings. */
export type GatePolicy = Readonly<{ backoff: Backoff; slowStartStepMs: number; maxPerAccount: number }>;

/** `random` is 0 ≤ x < 1. */
export type GateContext = Readonly<{ nowMs: EpochMs; random: number; policy: GatePolicy }>;

/** Resumes of the account that are under way: all of them, and those since `sinceMs` whose stop was the account's. */
export type Flow = Readonly<{ running: number; shared: number }>;

/** `untilMs`: when to ask again; undefined where only something that happens changes the answer. */
export type Admission = Readonly<
  { admit: true; gate: Gate; isProbe: boolean } | { admit: false; why: string; untilMs?: EpochMs }
>;

const JITTER = 0.1;
/** Resets of one limit, as sessions that met it at different moments tell it. */
const SAME_RESET_MS = 5_000;

export function newAccount(id: string, agent: string, home: string): Account {
  return { id, agent, home, windows: [], gate: { kind: 'open' } };
}

/** Asks whether a session whose stop was the account's may be resumed now. */
export function admitShared({ gate }: Account, flow: Flow, context: GateContext): Admission {
  const { nowMs, policy } = context;
  if (flow.running >= policy.maxPerAccount) return { admit: false, why: atCap(policy) };
  switch (gate.kind) {
    case 'open':
      return { admit: true, gate, isProbe: false };
    case 'breaker':
      if (nowMs < gate.untilMs) return { admit: false, why: tripped(gate.untilMs), untilMs: gate.untilMs };
      return canary(gate, flow);
    case 'canary':
      return canary(gate, flow);
    case 'slow_start':
      return step(gate, context);
  }
}

/** Asks whether a session that stopped for reasons of its own may be resumed now: only the cap holds it. */
export function admitOwn({ gate }: Account, flow: Flow, { policy }: GateContext): Admission {
  if (flow.running >= policy.maxPerAccount) return { admit: false, why: atCap(policy) };
  return { admit: true, gate, isProbe: false };
}

function atCap({ maxPerAccount }: GatePolicy): string {
  return `${maxPerAccount} sessions of this account are being resumed (resume.max_per_account)`;
}

function tripped(untilMs: EpochMs): string {
  return `the account was refused again: one session tries at ${iso(untilMs)}, the others follow it`;
}

function canary(gate: Gate, { shared }: Flow): Admission {
  if (shared === 0) return { admit: true, gate, isProbe: true };
  return { admit: false, why: 'one session of this account tries first; the others follow when it works' };
}

type SlowStart = Extract<Gate, { kind: 'slow_start' }>;

function step(gate: SlowStart, { nowMs, random, policy }: GateContext): Admission {
  if (gate.left > 0) return { admit: true, gate: { ...gate, left: gate.left - 1 }, isProbe: false };
  if (nowMs < gate.nextMs)
    return {
      admit: false,
      why: `slow start: ${gate.size * 2} more at ${iso(gate.nextMs)}`,
      untilMs: gate.nextMs,
    };
  const size = gate.size * 2;
  if (size >= policy.maxPerAccount) return { admit: true, gate: { kind: 'open' }, isProbe: false };
  const nextMs = nowMs + stepMs(policy, random);
  return { admit: true, gate: { ...gate, size, left: size - 1, nextMs }, isProbe: false };
}

function stepMs({ slowStartStepMs }: GatePolicy, random: number): number {
  return Math.round(slowStartStepMs * (1 - JITTER + 2 * JITTER * random));
}

/** The gate after a resume showed new work: what its canary proved, the others may follow. */
export function afterProgress(
  gate: Gate,
  startedAtMs: EpochMs,
  { nowMs, random, policy }: GateContext,
): Gate {
  if (gate.kind !== 'canary' && gate.kind !== 'breaker') return gate;
  if (startedAtMs < gate.sinceMs) return gate;
  const failures = gate.kind === 'breaker' ? gate.failures : 0;
  const nextMs = nowMs + stepMs(policy, random);
  return { kind: 'slow_start', sinceMs: gate.sinceMs, size: 1, left: 1, nextMs, failures };
}

/** `startedAtMs`: when our resume began that met it; undefined where none of ours did. */
export type Refusal = Readonly<{ stop: Stop; startedAtMs: EpochMs | undefined; isNewWindow: boolean }>;

/** The gate after one more session was refused for the account's sake. */
export function afterRefusal(gate: Gate, refusal: Refusal, { nowMs, random, policy }: GateContext): Gate {
  if (!isNews(gate, refusal)) return gate;
  const { startedAtMs } = refusal;
  const { reset } = refusal.stop;
  const wasProbed = startedAtMs !== undefined;
  // A reset that is ahead says when to try; one that has passed says so, too, unless it was just tried.
  if (reset !== undefined && (reset.atMs > nowMs || !wasProbed)) return { kind: 'canary', sinceMs: nowMs };
  const failures = gate.kind === 'breaker' || gate.kind === 'slow_start' ? gate.failures + 1 : 0;
  const untilMs = nowMs + backoffMs(policy.backoff, failures, random);
  return { kind: 'breaker', sinceMs: nowMs, untilMs, failures };
}

function isNews(gate: Gate, { startedAtMs, isNewWindow }: Refusal): boolean {
  if (gate.kind === 'open') return true;
  return startedAtMs === undefined ? isNewWindow && gate.kind !== 'canary' : startedAtMs >= gate.sinceMs;
}

/** When a gate lets somebody through without anything happening before; undefined where something has to. */
export function opensAtMs(gate: Gate): EpochMs | undefined {
  if (gate.kind === 'breaker') return gate.untilMs;
  return gate.kind === 'slow_start' && gate.left === 0 ? gate.nextMs : undefined;
}

/** What a stop tells of the account's quota; undefined where it names no reset ahead. */
export function windowOf({ reason, window, reset, atMs }: Stop, nowMs: EpochMs): AccountWindow | undefined {
  if (reset === undefined || reset.atMs <= nowMs || reason === 'overloaded') return undefined;
  return { kind: window ?? reason, resetsAtMs: reset.atMs, source: reset.source, seenAtMs: atMs };
}

/** The windows with one more taken in, which is in the list only where it says more than what was known. */
export function learn(
  windows: readonly AccountWindow[],
  seen: AccountWindow,
  nowMs: EpochMs,
): readonly AccountWindow[] {
  const others = standing(windows, nowMs).filter(({ kind }) => kind !== seen.kind);
  const known = windows.find(({ kind, resetsAtMs }) => kind === seen.kind && resetsAtMs > nowMs);
  if (known === undefined || tellsMore(seen, known)) return [...others, seen];
  return [...others, { ...known, seenAtMs: Math.max(known.seenAtMs, seen.seenAtMs) }];
}

/** A window of one model names it, as `seven_day_opus` does (Claude Code 2.1.197); any other is the whole account's. */
const OF_A_MODEL = /^(?:five_hour|seven_day)_(.+)$/;

function isOf({ kind }: AccountWindow, model: string | undefined): boolean {
  const named = OF_A_MODEL.exec(kind)?.[1];
  return named === undefined || model?.toLowerCase().includes(named) === true;
}

/** Whether a session has to wait for a window: for its own, and for what holds the whole account, or its model. */
export function holdsBack(window: AccountWindow, held: Held): boolean {
  return isItsOwn(window, held) || isOf(window, held.contract?.model);
}

/** Whether the stop is of this very window. */
export function isItsOwn({ kind }: AccountWindow, { stop }: Held): boolean {
  return kind === (stop.window ?? stop.reason);
}

/** Of the windows that hold a session back the one that opens last; undefined where none does. */
export function bindingWindow(
  windows: readonly AccountWindow[],
  held: Held,
  nowMs: EpochMs,
): AccountWindow | undefined {
  return latestOf(standing(windows, nowMs).filter((window) => holdsBack(window, held)));
}

/** A plan to wait, no earlier than a window lets it. */
export function boundBy(
  window: AccountWindow | undefined,
  change: EpisodeChange,
  margins: Margins,
): EpisodeChange {
  if (window === undefined || change.to !== 'waiting') return change;
  const lifted = afterWindow(window, margins);
  return (lifted.dueAtMs ?? 0) > (change.dueAtMs ?? 0) ? { ...change, ...lifted } : change;
}

/** A wait until a window lets its sessions go on. */
export function afterWindow(window: AccountWindow, margins: Margins): EpisodeChange {
  const dueAtMs = dueAfter(resetOf(window), margins);
  const why = `the account's ${window.kind} limit lifts at ${iso(window.resetsAtMs)}, due ${iso(dueAtMs)}`;
  return { to: 'waiting', why, dueAtMs };
}

/** The windows that are not refuted by work which began then, with that model: what is used up does no work. */
export function afterWork(
  windows: readonly AccountWindow[],
  begunAtMs: EpochMs,
  model: string | undefined,
): readonly AccountWindow[] {
  const left = windows.filter((window) => window.seenAtMs >= begunAtMs || !isOf(window, model));
  return left.length === windows.length ? windows : left;
}

function latestOf(windows: readonly AccountWindow[]): AccountWindow | undefined {
  return windows.reduce<AccountWindow | undefined>(
    (latest, window) => (latest === undefined || window.resetsAtMs > latest.resetsAtMs ? window : latest),
    undefined,
  );
}

/** Those whose reset is still ahead. */
export function standing(windows: readonly AccountWindow[], nowMs: EpochMs): readonly AccountWindow[] {
  return windows.filter(({ resetsAtMs }) => resetsAtMs > nowMs);
}

function tellsMore(seen: AccountWindow, known: AccountWindow): boolean {
  if (Math.abs(seen.resetsAtMs - known.resetsAtMs) <= SAME_RESET_MS) return false;
  // Words are cut to the minute: only a limit that is clearly another one counts against a surer source.
  return !isSurer(resetOf(known), resetOf(seen)) || seen.resetsAtMs > known.resetsAtMs + ANOTHER_LIMIT_MS;
}

const ANOTHER_LIMIT_MS = 120_000;

/** A window as the reset that it is. */
export function resetOf({ resetsAtMs, source }: Pick<AccountWindow, 'resetsAtMs' | 'source'>): Reset {
  return { atMs: resetsAtMs, source, raw: iso(resetsAtMs) };
}

export type Availability = Readonly<{ available: boolean; availableAtMs: EpochMs | undefined; why: string }>;

/**
 * Whether work can be dispatched to an account now, and if not, from when on. `isAwaited`: sessions of it wait, one of
 * which goes first; where none does, whatever is dispatched is the one that shows whether the account works.
 */
export function availability(
  { windows, gate }: Account,
  isAwaited: boolean,
  nowMs: EpochMs,
  margins: Margins,
): Availability {
  const last = latestOf(standing(windows, nowMs).filter((window) => isOf(window, undefined)));
  if (last !== undefined)
    return {
      available: false,
      availableAtMs: dueAfter(resetOf(last), margins),
      why: `its ${last.kind} limit is used up until ${iso(last.resetsAtMs)}`,
    };
  switch (gate.kind) {
    case 'open':
      return { available: true, availableAtMs: nowMs, why: 'nothing is known to stand against it' };
    case 'breaker':
      return { available: false, availableAtMs: Math.max(nowMs, gate.untilMs), why: tripped(gate.untilMs) };
    case 'canary':
      return isAwaited
        ? {
            available: false,
            availableAtMs: undefined,
            why: 'its limit has lifted; one session is to show it',
          }
        : { available: true, availableAtMs: nowMs, why: 'its limit has lifted, and nothing waits for it' };
    case 'slow_start':
      return {
        available: true,
        availableAtMs: nowMs,
        why: 'its limit has lifted; its sessions follow in steps',
      };
  }
}
