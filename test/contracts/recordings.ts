import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** One recorded scenario of a real agent, with the right answer. */
export type Recording = Readonly<{
  scenario: string;
  expectedReason: string;
  /** Epoch seconds, exact and as far as the visible text tells. */
  resetEpoch?: number | null;
  resetEpochFromText?: number;
  limitType?: string;
  aliveAtCapture: boolean;
  exitCode: Readonly<Record<string, number | string>>;
  files: readonly string[];
  dir: string;
}>;

export function recordings(agent: string): readonly Recording[] {
  const dir = join(FIXTURES, agent);
  const index: unknown = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
  if (!Array.isArray(index)) throw new Error(`${dir}/index.json holds no list`);
  return index.map((entry: Recording) => ({ ...entry, dir: join(dir, entry.scenario) }));
}

export function linesOf(recording: Recording, file: string): readonly string[] {
  return readFileSync(join(recording.dir, file), 'utf8').split('\n').filter(Boolean);
}

export function textOf(recording: Recording, pattern: RegExp): string {
  const file = recording.files.find((name) => pattern.test(name));
  return file === undefined ? '' : readFileSync(join(recording.dir, file), 'utf8');
}

/** Whether a claim of a process lay there after the process was gone. */
export function leftClaim(recording: Recording): boolean {
  const folder = join(recording.dir, 'sessions');
  return existsSync(folder) && readdirSync(folder).length > 0;
}
