import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FIXTURE = new URL('../fixtures/claude-code/usage_limit/', import.meta.url);
const ORIGINAL_ID = '6032b6a6-ac1b-4dda-ba10-3b56d954cce0';
const PROJECT = '/home/dev/project';

/** Writes sessions as Claude Code leaves them: `count` that work, in `cwd`, their last turn unfinished. */
export async function writeSessions(configDir, cwd, count) {
  const folder = join(configDir, 'projects', cwd.replace(/[^a-zA-Z0-9]/g, '-'));
  await mkdir(folder, { recursive: true });
  await mkdir(join(configDir, 'sessions'), { recursive: true });
  const text = await readFile(new URL(`projects/-home-dev-project/${ORIGINAL_ID}.jsonl`, FIXTURE), 'utf8');
  const lines = text.trim().split('\n');
  const errorAt = lines.findIndex((line) => line.includes('"isApiErrorMessage":true'));
  const sessions = [];
  for (let n = 0; n < count; n += 1) {
    const id = randomUUID();
    const own = (line) => line.replaceAll(ORIGINAL_ID, id).replaceAll(PROJECT, cwd);
    const path = join(folder, `${id}.jsonl`);
    await writeFile(path, `${lines.slice(0, errorAt).map(own).join('\n')}\n`);
    // Claimed by this very process: they count as working.
    await writeFile(
      join(configDir, 'sessions', `${n}.json`),
      JSON.stringify({ pid: process.pid, sessionId: id }),
    );
    sessions.push({ id, path, claim: join(configDir, 'sessions', `${n}.json`), error: own(lines[errorAt]) });
  }
  return sessions;
}

/** Appends the record of a limit that lifts at `resetAtS`; gives the instant it was on disk. */
export async function hitLimit(session, resetAtS) {
  const record = JSON.parse(session.error);
  record.uuid = randomUUID();
  record.timestamp = new Date().toISOString();
  record.quotaLimits = { status: 'rejected', resetsAt: resetAtS, rateLimitType: 'five_hour' };
  await appendFile(session.path, `${JSON.stringify(record)}\n`);
  return Date.now();
}
