import { execFile } from 'node:child_process';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import { LocalProbe, type ProgramState } from '../core/ports/local-probe.js';
import { readHead } from './read-head.js';

const TEXT_BYTES = 64 * 1024;
const MAX_PROGRAMS = 32;
const WHY_CHARS = 200;

/** The folders, files, disks and programs of this machine. */
@Injectable()
export class SystemProbe extends LocalProbe {
  /** What programs have told of their version, by what names this very file. */
  readonly #running = new Map<string, string>();

  async isFolder(path: string): Promise<boolean> {
    return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  }

  async textOf(path: string): Promise<string | undefined> {
    const head = await readHead(path, TEXT_BYTES);
    return head.kind === 'read' ? head.bytes.toString('utf8') : undefined;
  }

  async freeBytes(path: string): Promise<number | undefined> {
    const info = await statfs(path).catch(() => undefined);
    if (info !== undefined) return info.bavail * info.bsize;
    const parent = dirname(path);
    return parent === path ? undefined : this.freeBytes(parent);
  }

  isSet(variable: string): boolean {
    return (process.env[variable] ?? '') !== '';
  }

  async findProgram(command: string): Promise<ProgramState> {
    for (const path of candidates(command)) if (await isExecutable(path)) return { kind: 'found', path };
    return { kind: 'missing' };
  }

  async tryProgram(command: string, timeoutMs: number): Promise<ProgramState> {
    const found = await this.findProgram(command);
    if (found.kind !== 'found') return found;
    const { path } = found;
    const file = await identityOf(path);
    const known = this.#running.get(file);
    if (known !== undefined) return { kind: 'runs', path, version: known };
    const told = await versionOf(path, timeoutMs);
    if ('why' in told) return { kind: 'fails', path, why: told.why };
    if (this.#running.size >= MAX_PROGRAMS) this.#running.clear();
    this.#running.set(file, told.version);
    return { kind: 'runs', path, version: told.version };
  }
}

/** A name with a slash is a path, another is looked for in PATH. */
function candidates(command: string): readonly string[] {
  if (command.includes('/')) return [isAbsolute(command) ? command : resolve(command)];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, command));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function identityOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${path}:${ino}:${size}:${mtimeMs}`;
}

type Told = Readonly<{ version: string } | { why: string }>;

async function versionOf(path: string, timeoutMs: number): Promise<Told> {
  const running = promisify(execFile)(path, ['--version'], { timeout: timeoutMs, killSignal: 'SIGKILL' });
  running.child.stdin?.end();
  try {
    const { stdout } = await running;
    return { version: inOneLine(stdout) };
  } catch (error) {
    if (running.child.killed) return { why: `it does not tell its version within ${timeoutMs / 1000} s` };
    return { why: inOneLine(messageOf(error)) };
  }
}

function inOneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, WHY_CHARS);
}
