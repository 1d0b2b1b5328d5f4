import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ClaudeHome } from './claude-home.js';

export interface ClaudeRunOptions {
  prompt: string;
  args?: string[];
  cwd?: string;
}

export interface ClaudeExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ClaudeRun {
  pid: number;
  exit: Promise<ClaudeExit>;
  signal(name: NodeJS.Signals): void;
}

/** Runs `claude -p` with the prompt on stdin. */
export function runClaude(home: ClaudeHome, binary: string, options: ClaudeRunOptions): ClaudeRun {
  const { prompt, args = [], cwd = home.cwd } = options;
  const child = spawn(binary, ['-p', ...args], { cwd, env: home.env });
  // Without a listener Node would end the test run; the missing pid tells the same.
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new Error(`${binary} could not be started`);
  // It may exit before it has read its input.
  child.stdin.on('error', () => undefined).end(prompt);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const exit = once(child, 'exit').then(async () => {
    const [stdout, stderr] = await output;
    return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
  });
  return { pid: child.pid, exit, signal: (name) => void child.kill(name) };
}
