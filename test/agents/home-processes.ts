import { readdir, readFile } from 'node:fs/promises';
import { until } from '../support/until.js';

const TIMEOUT_MS = 10_000;

/**
 * Kills every process whose HOME is this one: the agents that a service started outlive it, and the tools of a
 * killed agent outlive the agent. Linux only; elsewhere it finds none.
 */
export async function endProcessesOf(home: string): Promise<void> {
  const check = async () => {
    const pids = await processesOf(home);
    pids.forEach(kill);
    return pids.length === 0 ? true : undefined;
  };
  await until(check, { timeoutMs: TIMEOUT_MS, failure: () => `Processes of ${home} cannot be ended` });
}

async function processesOf(home: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => ((await homeOf(pid)) === home ? [pid] : [])));
  return found.flat();
}

async function homeOf(pid: number): Promise<string | undefined> {
  // Of a process that is gone, or somebody else's, nothing can be read.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment
    .split('\0')
    .find((entry) => entry.startsWith('HOME='))
    ?.slice('HOME='.length);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
