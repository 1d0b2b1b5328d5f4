import { numberOf, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';
import { epochMs, type ResetAnchor } from '../../core/reset-text.js';
import { evidence, type Reset, type Verdict } from '../../core/stop.js';
import { classifyFacts } from '../../core/wording.js';
import { textOf } from './claude-code.records.js';
import { CLAUDE_CODE_WORDING } from './claude-code.wording.js';

const SOURCE = 'claude-code error record';

/** A limit as the agent states it: on a stream event, or since 2.1.330 on the error record itself. */
export type StatedLimit = Readonly<{ reset?: Reset; window?: string }>;

/**
 * The limit an agent structure states as rejected, or undefined. `allowed` and `allowed_warning` bind nothing.
 * `resetsAt` is in epoch seconds; 0 means it is not known.
 */
export function statedLimit(value: unknown): StatedLimit | undefined {
  const info = recordOf(value);
  if (info?.['status'] !== 'rejected') return undefined;
  const resetsAt = numberOf(info['resetsAt']) ?? 0;
  const atMs = epochMs(resetsAt);
  const window = stringOf(info['rateLimitType']);
  return {
    ...(atMs === undefined ? {} : { reset: { atMs, source: 'structured' as const, raw: String(resetsAt) } }),
    ...(window === undefined ? {} : { window }),
  };
}

/**
 * What an error record of the agent means. A limit stated in fields is a limit whatever the words; else the table
 * decides.
 */
export function classifyError(record: JsonRecord, anchor: ResetAnchor): Verdict {
  const text = textOf(recordOf(record['message']));
  const limit = statedLimit(record['quotaLimits']);
  if (limit !== undefined)
    return {
      reason: 'usage_limit',
      confidence: 1,
      ...limit,
      evidence: evidence(SOURCE, 'quotaLimits.status=rejected', text),
    };
  const code = stringOf(record['error']);
  return classifyFacts(
    {
      source: SOURCE,
      codes: code === undefined ? [] : [code],
      status: numberOf(record['apiErrorStatus']),
      text,
    },
    CLAUDE_CODE_WORDING,
    anchor,
  );
}
