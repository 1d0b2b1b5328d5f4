import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { listOf, parseRecord, recordOf, stringOf } from '../core/json-record.js';
import { readWhole, replaceWhole } from '../platform/whole-file.js';

/** A file as it was before it was connected: what it held, undefined for no file, and what it was made to hold. */
export type Original = Readonly<{
  home: string;
  path: string;
  bytes: Buffer | undefined;
  /** The `hashOf` that. */
  writtenHash: string;
  hadFolder: boolean;
}>;

/** Keeps the originals of one agent's files in the state folder, for their owner's eyes only: they may hold secrets. */
export class Originals {
  readonly #file: string;

  constructor(stateDir: string, agentId: string) {
    this.#file = join(stateDir, 'connections', `${agentId}.json`);
  }

  /** Those kept; none where the file is not what was written. */
  async all(): Promise<readonly Original[]> {
    const text = (await readWhole(this.#file))?.toString('utf8') ?? '';
    return listOf(parseRecord(text)?.['files']).flatMap(originalOf);
  }

  /** Adds these, in the place of others of the same files. */
  async keep(originals: readonly Original[]): Promise<void> {
    if (originals.length === 0) return;
    const paths = new Set(originals.map(({ path }) => path));
    const others = (await this.all()).filter(({ path }) => !paths.has(path));
    const files = [...others, ...originals].map(({ bytes, ...rest }) => ({
      ...rest,
      base64: bytes?.toString('base64') ?? null,
    }));
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await replaceWhole(this.#file, Buffer.from(JSON.stringify({ files })), 0o600);
  }

  async forget(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/** Of what a file holds, in hex (SHA-256). */
export function hashOf(bytes: Buffer | undefined): string {
  return bytes === undefined ? 'no file' : createHash('sha256').update(bytes).digest('hex');
}

function originalOf(value: unknown): readonly Original[] {
  const fields = recordOf(value);
  const [home, path, writtenHash] = ['home', 'path', 'writtenHash'].map((name) => stringOf(fields?.[name]));
  if (home === undefined || path === undefined || writtenHash === undefined) return [];
  const base64 = stringOf(fields?.['base64']);
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  return [{ home, path, bytes, writtenHash, hadFolder: fields?.['hadFolder'] !== false }];
}
