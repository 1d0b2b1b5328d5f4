import type { Config } from '../config/config.js';
import type { GatePolicy } from '../core/account.js';
import type { ResumePolicy } from '../core/resume-plan.js';

/** The settings as the core wants them: durations in milliseconds. */
export function policyOf({ resume }: Config): ResumePolicy {
  return {
    enabled: resume.enabled,
    marginStructuredMs: resume.marginStructuredS * 1000,
    marginTextMs: resume.marginTextS * 1000,
    backoff: { initialMs: resume.backoffInitialS * 1000, maxMs: resume.backoffMaxS * 1000 },
    maxAttempts: resume.maxAttempts,
    maxWithoutProgress: resume.maxWithoutProgress,
    maxPerSessionDay: resume.maxPerSessionDay,
    maxCrashes: resume.maxCrashes,
    crashWindowMs: resume.crashWindowS * 1000,
  };
}

/** The same for the gates of accounts. */
export function gatePolicyOf({ resume }: Config): GatePolicy {
  return {
    backoff: { initialMs: resume.backoffInitialS * 1000, maxMs: resume.backoffMaxS * 1000 },
    slowStartStepMs: resume.slowStartStepS * 1000,
    maxPerAccount: resume.maxPerAccount,
  };
}
