import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CORPUS = new URL('../corpus/', import.meta.url);
const DAY_MS = 86_400_000;
const CUT_MS = 15 * 60_000;
/** A number of seconds in words is rounded. */
const ROUNDED_MS = 1500;

export type ExpectedReset = Readonly<
  | { type: 'epoch' | 'relative_seconds'; value: number }
  /** `HH:MM` of the next such time, or `[YYYY-]MM-DD HH:MM`; without a zone that of the reader. */
  | { type: 'clock' | 'date'; value: string; timezone: string | null }
>;

/** A real message with the right answer. */
export type Message = Readonly<{
  id: string;
  agent: string;
  kind: 'text' | 'json';
  payload: unknown;
  expected: { reason: string; reset: ExpectedReset | null };
  source: string;
}>;

export type Answer = Readonly<{
  reason: string;
  confidence: number;
  resumable: boolean;
  reset: { at: string; source: string; raw: string } | null;
  evidence: { source: string; rule: string; text: string };
}>;

export function messages(name: string): readonly Message[] {
  const text = readFileSync(fileURLToPath(new URL(name, CORPUS)), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Message);
}

/** The instant a message speaks from: its own, or one for all. */
export function spokenAt({ payload }: Message, otherwise: string): string {
  const stamp =
    typeof payload === 'object' && payload !== null && 'timestamp' in payload ? payload.timestamp : '';
  return typeof stamp === 'string' && !Number.isNaN(Date.parse(stamp)) ? stamp : otherwise;
}

/** What is wrong with an answer, in words, or undefined. Reads clocks by itself, not by the code under test. */
export function wrongWith(message: Message, answer: Answer, at: string, zone: string): string | undefined {
  const { reason, reset } = message.expected;
  if (answer.reason !== reason) return `${answer.reason} instead of ${reason}`;
  if (reset === null)
    return answer.reset === null ? undefined : `a reset where none is stated: ${answer.reset.at}`;
  if (answer.reset === null) return `no reset instead of ${JSON.stringify(reset)}`;
  const isRight = fits(reset, Date.parse(answer.reset.at), Date.parse(at), zone);
  return isRight ? undefined : `reset ${answer.reset.at} instead of ${JSON.stringify(reset)}`;
}

function fits(reset: ExpectedReset, gotMs: number, atMs: number, zone: string): boolean {
  switch (reset.type) {
    case 'epoch':
      return gotMs === reset.value * 1000;
    case 'relative_seconds':
      return Math.abs(gotMs - atMs - reset.value * 1000) <= ROUNDED_MS;
    case 'clock':
      return wall(gotMs, reset.timezone ?? zone).endsWith(reset.value) && isNext(gotMs, atMs);
    case 'date':
      return wall(gotMs, reset.timezone ?? zone).endsWith(reset.value);
  }
}

function isNext(gotMs: number, atMs: number): boolean {
  return gotMs > atMs - CUT_MS && gotMs <= atMs + DAY_MS + CUT_MS * 5;
}

/** `2026-11-22 13:52` as the clocks of a zone show it. */
function wall(atMs: number, timeZone: string): string {
  const options = { dateStyle: 'short', timeStyle: 'short' } as const;
  return new Date(atMs).toLocaleString('sv', { timeZone, ...options });
}
