import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { AgentHome } from './agent-home.js';

export interface AgentRunOptions {
  prompt: string;
  /** Goes on with that session. */
  resume?: string;
  args?: string[];
  cwd?: string;
  /** More of its environment. */
  env?: Record<string, string>;
}

interface StartOptions {
  cwd?: string | undefined;
  env?: Record<string, string> | undefined;
  input?: string;
}

export interface AgentExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface AgentRun {
  pid: number;
  exit: Promise<AgentExit>;
  signal(name: NodeJS.Signals): void;
}

/** Starts a program in that home, with the input on stdin. */
export function startAgent(
  home: AgentHome,
  binary: string,
  args: string[],
  { cwd = home.cwd, env, input = '' }: StartOptions = {},
): AgentRun {
  const child = spawn(binary, args, { cwd, env: { ...home.env, ...env } });
  // Without a listener Node would end the test run; the missing pid tells the same.
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new Error(`${binary} could not be started`);
  // It may exit before it has read its input.
  child.stdin.on('error', () => undefined).end(input);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const exit = once(child, 'exit').then(async () => {
    const [stdout, stderr] = await output;
    return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
  });
  return { pid: child.pid, exit, signal: (name) => void child.kill(name) };
}

/** Runs `claude -p`. */
export function runClaude(home: AgentHome, binary: string, options: AgentRunOptions): AgentRun {
  const { prompt, resume, args = [], cwd, env } = options;
  const session = resume === undefined ? [] : ['--resume', resume];
  return startAgent(home, binary, ['-p', ...session, ...args], { cwd, env, input: prompt });
}

/** Runs `codex exec --json`, in which the prompt comes after all options. */
export function runCodex(home: AgentHome, binary: string, options: AgentRunOptions): AgentRun {
  const { prompt, resume, args = [], cwd, env } = options;
  const command = resume === undefined ? ['exec'] : ['exec', 'resume'];
  const session = resume === undefined ? [] : [resume];
  const all = [...command, '--json', '--skip-git-repo-check', ...args, ...session, '-'];
  return startAgent(home, binary, all, { cwd, env, input: prompt });
}

/** Runs `opencode run --format json`. */
export function runOpenCode(home: AgentHome, binary: string, options: AgentRunOptions): AgentRun {
  const { prompt, resume, args = [], cwd, env } = options;
  const session = resume === undefined ? [] : ['--session', resume];
  return startAgent(home, binary, ['run', '--format', 'json', ...session, ...args], {
    cwd,
    env,
    input: prompt,
  });
}

/** Runs `gemini -o stream-json` without its model router. */
export function runGemini(home: AgentHome, binary: string, options: AgentRunOptions): AgentRun {
  const { prompt, resume, args = [], cwd, env } = options;
  const session = resume === undefined ? [] : ['--resume', resume];
  const all = ['-o', 'stream-json', '-m', 'gemini-2.5-pro', ...session, ...args];
  return startAgent(home, binary, all, { cwd, env, input: prompt });
}
