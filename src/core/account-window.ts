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

/** Resets of one limit, as sessions that met it at different moments tell it. */
const SAME_RESET_MS = 5_000;

/** What a stop tells of the account's quota; undefined where it names no reset ahead. */
export function windowOf(stop: Stop, model: string | undefined, nowMs: EpochMs): AccountWindow | undefined {
  const { reason, reset, atMs } = stop;
  if (reset === undefined || reset.atMs <= nowMs || reason === 'overloaded') return undefined;
  return { kind: kindOf(stop, model), resetsAtMs: reset.atMs, source: reset.source, seenAtMs: atMs };
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

/** One home can hold the keys of several providers (OpenCode 1.18.33): the name of a model begins with its own. */
export function providerOf(model: string | undefined): string | undefined {
  return model === undefined ? undefined : PROVIDER.exec(model)?.[1];
}
const PROVIDER = /^([^/]+)\//;

function kindOf({ window, reason }: Stop, model: string | undefined): string {
  const provider = providerOf(model);
  return `${provider === undefined ? '' : `${provider}/`}${window ?? reason}`;
}

/** A window of one model names it, as `seven_day_opus` does (Claude Code 2.1.197). */
const OF_A_MODEL = /^(?:five_hour|seven_day)_(.+)$/;

/** Whether a window holds what works with a model: it is the whole account's, that of the model, or of its provider. */
export function isOf({ kind }: AccountWindow, model: string | undefined): boolean {
  const provider = providerOf(kind);
  if (provider !== undefined && model !== undefined) return provider === providerOf(model);
  const named = OF_A_MODEL.exec(kind)?.[1];
  return named === undefined || model?.toLowerCase().includes(named) === true;
}

/** Whether a session has to wait for a window: for its own, and for what holds the whole account, or its model. */
export function holdsBack(window: AccountWindow, held: Held): boolean {
  return isItsOwn(window, held) || isOf(window, held.contract?.model);
}

/** Whether the stop is of this very window. */
export function isItsOwn({ kind }: AccountWindow, { stop, contract }: Held): boolean {
  return kind === kindOf(stop, contract?.model);
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

export function latestOf(windows: readonly AccountWindow[]): AccountWindow | undefined {
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
