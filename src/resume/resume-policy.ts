import type { Config } from '../config/config.js';
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
  };
}
