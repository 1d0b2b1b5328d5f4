import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, utimesSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { homesIn } from './fleet.mjs';
import { MOULDS, linesOf } from './moulds.mjs';

const SHARES = { 'claude-code': 0.5, codex: 0.3, 'gemini-cli': 0.2 };
const PROJECTS = 500;
const DAY_S = 86_400;
/** All of them young enough to be read. */
const SPREAD_S = 7 * DAY_S;

/** Writes so many finished transcripts of together `totalBytes`, their middles holes; gives the settings of their homes. */
export function writeHistory(dir, count, totalBytes) {
  const { homes, settings } = homesIn(dir);
  for (const [agent, share] of Object.entries(SHARES))
    for (let n = 0; n < count * share; n += 1) {
      // From a tenth of the mean to twice as much.
      const size = Math.floor((totalBytes / count) * (0.1 + (1.8 * (n % 100)) / 99));
      writeOne(MOULDS[agent], homes[agent], `${dir}/project-${n % PROJECTS}`, n, size);
    }
  return settings;
}

function writeOne(mould, home, cwd, n, size) {
  const touchedS = Date.now() / 1000 - ((n * 7919) % SPREAD_S);
  const day = new Date((Date.now() / 1000 - (n % 365) * DAY_S) * 1000).toISOString().slice(0, 10);
  const session = { id: randomUUID(), cwd, project: `project-${n % PROJECTS}`, day };
  const path = mould.pathOf(home, session);
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  writeSync(file, linesOf(mould, session, mould.begin));
  const end = `\n${linesOf(mould, session, [...mould.begin, ...mould.end])}`;
  ftruncateSync(file, size);
  writeSync(file, end, size - end.length);
  closeSync(file);
  utimesSync(path, touchedS, touchedS);
}
