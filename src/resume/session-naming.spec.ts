import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { OpenCodeRun } from '../agents/opencode/opencode.run.js';
import { sessionNamedIn, type RunOutput } from './session-naming.js';

const TIMEOUT_MS = 60_000;

let dir: string;
let output: RunOutput;
let clock: FakeClock;
let end: () => void;
let naming: Promise<string | undefined>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'naming-'));
  output = { stdoutPath: join(dir, 'run.stdout.jsonl'), stderrPath: join(dir, 'run.stderr.txt') };
  await Promise.all([writeFile(output.stdoutPath, ''), writeFile(output.stderrPath, '')]);
  clock = new FakeClock();
  const ended = Promise.withResolvers<void>();
  end = ended.resolve;
  naming = sessionNamedIn(output, new OpenCodeRun('UTC'), {
    clock,
    timeoutMs: TIMEOUT_MS,
    tail: { tailBytes: 4096, maxLineBytes: 4096 },
    ended: ended.promise,
  });
});
afterEach(async () => {
  end();
  await naming;
  await rm(dir, { recursive: true, force: true });
});

describe('sessionNamedIn', () => {
  it('reads on until the output names the session', async () => {
    await appendFile(output.stdoutPath, '{"type":"other"}\n{"type":"step_start","sess');
    await appendFile(output.stdoutPath, 'ionID":"ses_1"}\n');
    expect(await naming).toBe('ses_1');
  });

  it('takes the name from the log of an agent that waits before its first answer', async () => {
    await appendFile(output.stderrPath, 'level=INFO message=loop session.id=ses_2 step=0\n');
    expect(await naming).toBe('ses_2');
  });

  it('looks a last time when the run has ended', async () => {
    end();
    expect(await naming).toBeUndefined();
  });

  it('waits no longer than it may', async () => {
    await clock.advance(TIMEOUT_MS);
    expect(await naming).toBeUndefined();
  });
});
