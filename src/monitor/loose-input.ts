import type { Finding } from '../core/finding.js';
import { classifyErrorJson } from '../core/classify-json.js';
import { classifyScreen } from '../core/classify-screen.js';
import { COMMON_WORDING } from '../core/common-wording.js';
import { at, parseRecord, stringOf, type JsonRecord } from '../core/json-record.js';
import type { Agent, LooseRecord } from '../core/ports/agent.js';
import { epochMs } from '../core/reset-text.js';
import type { EpochMs } from '../core/stop.js';

export type LooseOptions = Readonly<{
  agents: readonly Agent[];
  /** Whose records they are, where they do not say it themselves. */
  agentId: string | undefined;
  nowMs: EpochMs;
  zone: string;
}>;

/** What was meant by one line that is no such record; for people. */
export class BadInput extends Error {}

/**
 * What a text handed in means. Lines of `{"agent","kind":"text"|"json","payload","at"?}` are taken one by one, and so
 * are the agent's own JSON records; anything else is one screen.
 */
export function classifyInput(text: string, options: LooseOptions): readonly (Finding | BadInput)[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const isJson = lines.length > 0 && lines.every((line) => /^\s*\{/.test(line));
  if (!isJson) return text.trim() === '' ? [] : [attempt(() => classifyOne(screen(text, options), options))];
  return lines.map((line, index) => attempt(() => classifyLine(line, index + 1, options)));
}

type Addressed = Readonly<{ agentId: string; record: LooseRecord }>;

function screen(text: string, options: LooseOptions): Addressed {
  return {
    agentId: agentOf(undefined, options),
    record: { kind: 'text', payload: text, atMs: options.nowMs },
  };
}

function classifyLine(line: string, number: number, options: LooseOptions): Finding {
  const value = parseRecord(line);
  if (value === undefined) throw new BadInput(`line ${number} is no JSON object`);
  return classifyOne(isEnvelope(value) ? opened(value, number, options) : bare(value, options), options);
}

function isEnvelope(value: JsonRecord): boolean {
  return value['payload'] !== undefined && (value['kind'] === 'text' || value['kind'] === 'json');
}

function opened(value: JsonRecord, number: number, options: LooseOptions): Addressed {
  const { payload, kind, at: said } = value;
  const agentId = agentOf(stringOf(value['agent']), options);
  const atMs = said == null ? (timeIn(payload) ?? options.nowMs) : Date.parse(stringOf(said) ?? '');
  if (Number.isNaN(atMs)) throw new BadInput(`line ${number}: "at" is no ISO time: ${JSON.stringify(said)}`);
  if (kind === 'json') return { agentId, record: { kind, payload, atMs } };
  if (typeof payload !== 'string') throw new BadInput(`line ${number}: the payload of a text is no text`);
  return { agentId, record: { kind: 'text', payload, atMs } };
}

function bare(payload: JsonRecord, options: LooseOptions): Addressed {
  const atMs = timeIn(payload) ?? options.nowMs;
  return { agentId: agentOf(undefined, options), record: { kind: 'json', payload, atMs } };
}

/** The instant a record gives itself. */
function timeIn(payload: unknown): EpochMs | undefined {
  const timestamp = at(payload, 'timestamp');
  if (typeof timestamp === 'number') return epochMs(timestamp);
  const atMs = Date.parse(stringOf(timestamp) ?? '');
  return Number.isNaN(atMs) ? undefined : atMs;
}

function agentOf(given: string | undefined, { agentId }: LooseOptions): string {
  const id = given ?? agentId;
  if (id === undefined) throw new BadInput('whose record is this? Say --agent ID, or "agent" in the record');
  return id;
}

/** For an agent nobody has taught this program, what holds for all of them. */
function classifyOne({ agentId, record }: Addressed, { agents, zone }: LooseOptions): Finding {
  const agent = agents.find(({ id }) => id === agentId);
  if (agent !== undefined) return agent.classify(record);
  const anchor = { atMs: record.atMs, zone };
  return record.kind === 'text'
    ? classifyScreen(record.payload, COMMON_WORDING, anchor, { retryIsStop: false })
    : classifyErrorJson(record.payload, COMMON_WORDING, anchor);
}

function attempt(work: () => Finding): Finding | BadInput {
  try {
    return work();
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}
