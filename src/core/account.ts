import { isOf, latestOf, resetOf, standing, type AccountWindow } from './account-window.js';
import { backoffMs, type Backoff } from './backoff.js';
import { dueAfter, type Margins } from './resume-plan.js';
import { iso, type EpochMs, type Stop } from './stop.js';

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
