import { nowSec } from './wire.js';
import type { AnswerStep, LimitClaim } from './step.js';

const WARNING_PERCENT = 92;

export interface UsageWindow {
  usedPercent: number;
  /** Epoch seconds. */
  resetAt: number;
}

/** The two windows of a subscription, as good answers and the usage endpoints tell them. */
export interface Usage {
  fiveHour: UsageWindow;
  weekly: UsageWindow;
}

export function littleUsage(): Usage {
  return {
    fiveHour: { usedPercent: 12, resetAt: nowSec() + 3600 },
    weekly: { usedPercent: 34, resetAt: nowSec() + 3 * 86_400 },
  };
}

export function isWeekly(claim: LimitClaim): boolean {
  return claim.startsWith('seven_day');
}

/** The same usage with one window filled as that claim says. */
export function withWindow(usage: Usage, claim: LimitClaim, window: Partial<UsageWindow>): Usage {
  const name = isWeekly(claim) ? 'weekly' : 'fiveHour';
  return { ...usage, [name]: { ...usage[name], ...window } };
}

/** What an answer tells: with a warning, one window is nearly full. */
export function usageTold(usage: Usage, step: AnswerStep): Usage {
  if (step.type !== 'warning') return usage;
  const { claim = 'five_hour', usedPercent = WARNING_PERCENT } = step;
  return withWindow(usage, claim, { usedPercent });
}
