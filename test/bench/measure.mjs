import { Agent, request } from 'node:http';
import { readFile } from 'node:fs/promises';

const CONNECTIONS = 16;
const CLOCK_TICKS_PER_S = 100;

/** CPU a process has used so far, in milliseconds (user and system). */
export async function cpuMs(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_S;
}

/** Resident memory of a process, in MB. */
export async function rssMb(pid) {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Rss:\s+(\d+)/m.exec(rollup)[1]) / 1024;
}

/** Asks `url` so many times over a few kept connections; gives requests a second and the server's µs of CPU for each. */
export async function load(pid, url, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = count;
  const worker = async () => {
    while (left-- > 0) await ask(url, agent);
  };
  const beforeMs = await cpuMs(pid);
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  const tookMs = performance.now() - startedMs;
  const usedMs = (await cpuMs(pid)) - beforeMs;
  agent.destroy();
  return { perSecond: (count * 1000) / tookMs, cpuUs: (usedMs * 1000) / count };
}

function ask(url, agent) {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.resume();
      response.once('end', resolve);
    })
      .once('error', reject)
      .end();
  });
}

/** The value in the middle. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** One line of the report. */
export function row(name, value, bar) {
  console.log(`${name.padEnd(58)} ${value.padStart(18)}   ${bar}`);
}

/** How long a process was ready to run but had no CPU, in milliseconds: what other programs took from it. */
export async function queuedMs(pid) {
  const stat = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '0 0 0');
  return Number(stat.split(' ')[1]) / 1e6;
}

/** What a process has read so far, in bytes, of files and of anything else. */
export async function readBytes(pid) {
  return Number(/^rchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))[1]);
}

/** The value below which so much of a share lies. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** One line of the report that must hold: where it does not, the bench fails. */
export function check(name, value, bar, isMet) {
  row(name, value, isMet ? bar : `${bar}  MISSED`);
  if (!isMet) process.exitCode = 1;
}
