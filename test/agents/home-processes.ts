import { readdir, readFile } from 'node:fs/promises';
import { until } from '../support/until.js';

const TIMEOUT_MS = 10_000;

/**
 * Kills every process whose HOME is this folder or one in it: the agents that a service started outlive it, and the
 * tools of a killed agent outlive the agent. Linux only; elsewhere it finds none.
 */
export async function endProcessesOf(folder: string): Promise<void> {
  const check = async () => {
    const pids = await processesOf(folder);
    pids.forEach(kill);
    return pids.length === 0 ? true : undefined;
  };
  await until(check, { timeoutMs: TIMEOUT_MS, failure: () => `Processes of ${folder} cannot be ended` });
}

export async function processesOf(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const homes = await Promise.all(pids.map(homeOf));
  return pids.filter((_, index) => `${homes[index]}/`.startsWith(`${folder}/`));
}

/** The processes that a process has started; Linux only. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

async function homeOf(pid: number): Promise<string> {
  // Of a process that is gone, or somebody else's, nothing can be read.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const entry = environment.split('\0').find((variable) => variable.startsWith('HOME='));
  return entry?.slice('HOME='.length) ?? '';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
