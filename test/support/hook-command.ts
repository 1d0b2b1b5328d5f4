import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface HookExit {
  code: number | null;
  output: string;
  tookMs: number;
}

/** Runs the command of a hook as an agent does: by a shell, with what it is told on stdin, and nothing of our PATH. */
export async function runHook(
  command: string,
  report: string | object,
  { env = {}, keepOpen = false }: { env?: Record<string, string>; keepOpen?: boolean } = {},
): Promise<HookExit> {
  const startedMs = performance.now();
  const child = spawn('/bin/sh', ['-c', command], { env: { PATH: '/usr/bin:/bin', ...env } });
  // It may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.write(typeof report === 'string' ? report : JSON.stringify(report));
  if (!keepOpen) child.stdin.end();
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  await once(child, 'exit');
  const tookMs = performance.now() - startedMs;
  child.stdin.destroy();
  return { code: child.exitCode, output: (await output).join(''), tookMs };
}
