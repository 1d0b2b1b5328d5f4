import { isRecord } from '../core/json-record.js';
import { RESUME_MODES, type ProjectRule } from '../core/policy.js';

/** One rule as the file has it. */
export type ProjectRuleTable = Readonly<Record<string, unknown>>;

const KEYS = new Set(['path', 'resume', 'mode', 'max_per_day']);

/** The rules for folders, or undefined where one of them is not allowed. */
export function projectRulesOf(value: unknown): readonly ProjectRule[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const rules = value.map(ruleOf).filter((rule) => rule !== undefined);
  return rules.length === value.length ? rules : undefined;
}

function ruleOf(table: unknown): ProjectRule | undefined {
  if (!isRecord(table) || Object.keys(table).some((key) => !KEYS.has(key))) return undefined;
  const { path, resume, mode: modeText, max_per_day: maxPerDay } = table;
  const mode = RESUME_MODES.find((known) => known === modeText);
  if (typeof path !== 'string' || !/^(?:\/|\*\*)/.test(path)) return undefined;
  if (resume !== undefined && typeof resume !== 'boolean') return undefined;
  if (modeText !== undefined && mode === undefined) return undefined;
  if (maxPerDay !== undefined && !isCount(maxPerDay)) return undefined;
  return {
    path,
    ...(resume === undefined ? {} : { resume }),
    ...(mode === undefined ? {} : { mode }),
    ...(maxPerDay === undefined ? {} : { maxPerDay }),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}
