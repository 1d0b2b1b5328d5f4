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
  /** Programs that told their version, by what names this very file. */
  readonly #running = new Set<string>();

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
    const file = await identityOf(found.path);
    if (!this.#running.has(file)) {
      const why = await failureOf(found.path, timeoutMs);
      if (why !== undefined) return { kind: 'fails', path: found.path, why };
      if (this.#running.size >= MAX_PROGRAMS) this.#running.clear();
      this.#running.add(file);
    }
    return { kind: 'runs', path: found.path };
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

/** Undefined where it told its version. */
async function failureOf(path: string, timeoutMs: number): Promise<string | undefined> {
  const running = promisify(execFile)(path, ['--version'], { timeout: timeoutMs, killSignal: 'SIGKILL' });
  running.child.stdin?.end();
  try {
    await running;
    return undefined;
  } catch (error) {
    if (running.child.killed) return `it does not tell its version within ${timeoutMs / 1000} s`;
    return messageOf(error).replaceAll(/\s+/g, ' ').slice(0, WHY_CHARS);
  }
}
