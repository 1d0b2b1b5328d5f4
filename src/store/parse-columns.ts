import { GATE_KINDS, type Gate } from '../core/account.js';
import type { AccountWindow } from '../core/account-window.js';
import type { AskedResume } from '../core/episode.js';
import type { RunOutcome, RunTrace } from '../core/run.js';
import type { LaunchContract } from '../core/session.js';
import { STOP_REASONS, type Stop } from '../core/stop.js';

/** JSON columns hold only what this program wrote; a guard on the parts that decide catches a foreign hand. */
export function parseStop(text: string): Stop {
  const value: unknown = JSON.parse(text);
  if (isStop(value)) return value;
  throw new Error('a stored stop is not one of ours');
}

export function parseContract(text: string): LaunchContract {
  const value: unknown = JSON.parse(text);
  if (isContract(value)) return value;
  throw new Error('a stored launch contract is not one of ours');
}

export function parseOutcome(text: string): RunOutcome {
  const value: unknown = JSON.parse(text);
  if (isOutcome(value)) return value;
  throw new Error('a stored run outcome is not one of ours');
}

export function parseTrace(text: string): RunTrace {
  const value: unknown = JSON.parse(text);
  if (isTrace(value)) return value;
  throw new Error('the stored spans of a run are not ours');
}

export function parseAsked(text: string): AskedResume {
  const value: unknown = JSON.parse(text);
  if (isAsked(value)) return value;
  throw new Error('what a person has asked for is stored in a form that is not ours');
}

export function parseWindows(text: string): readonly AccountWindow[] {
  const value: unknown = JSON.parse(text);
  // Those of an earlier version do not say when they were seen.
  if (Array.isArray(value) && value.every(isWindow))
    return value.map((window) => ({ seenAtMs: 0, ...window }));
  throw new Error('stored windows of an account are not ours');
}

export function parseGate(text: string): Gate {
  const value: unknown = JSON.parse(text);
  if (isGate(value)) return value;
  throw new Error('a stored gate is not one of ours');
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

function isStop(value: unknown): value is Stop {
  const stop = fieldsOf(value);
  const known: readonly unknown[] = STOP_REASONS;
  return stop !== undefined && known.includes(stop['reason']) && typeof stop['recordId'] === 'string';
}

function isContract(value: unknown): value is LaunchContract {
  const contract = fieldsOf(value);
  return typeof contract?.['cwd'] === 'string' && typeof contract['home'] === 'string';
}

function isOutcome(value: unknown): value is RunOutcome {
  const outcome = fieldsOf(value);
  return typeof outcome?.['result'] === 'string' && Array.isArray(outcome['deniedTools']);
}

function isTrace(value: unknown): value is RunTrace {
  return typeof fieldsOf(value)?.['waitedFromMs'] === 'number';
}

function isAsked(value: unknown): value is AskedResume {
  const strategy = fieldsOf(value)?.['strategy'];
  return fieldsOf(value) !== undefined && (strategy === undefined || typeof strategy === 'string');
}

function isWindow(value: unknown): value is Omit<AccountWindow, 'seenAtMs'> & Partial<AccountWindow> {
  const window = fieldsOf(value);
  return typeof window?.['kind'] === 'string' && typeof window['resetsAtMs'] === 'number';
}

const NUMBERS: Readonly<Record<Gate['kind'], readonly string[]>> = {
  open: [],
  canary: ['sinceMs'],
  slow_start: ['sinceMs', 'size', 'left', 'nextMs', 'failures'],
  breaker: ['sinceMs', 'untilMs', 'failures'],
};

function isGate(value: unknown): value is Gate {
  const gate = fieldsOf(value);
  const kind = GATE_KINDS.find((known) => known === gate?.['kind']);
  return kind !== undefined && NUMBERS[kind].every((name) => typeof gate?.[name] === 'number');
}
