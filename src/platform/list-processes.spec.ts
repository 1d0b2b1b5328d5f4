import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listProcesses, parsePs } from './list-processes.js';

/** As `ps -axo pid=,lstart=,command=` of macOS prints it. */
const PRINTED = [
  '    1 Tue Nov 24 07:00:01 2026     /sbin/launchd',
  '  501 Tue Nov  3 23:59:59 2026     node /usr/local/bin/gemini --resume 0d1c -o stream-json',
  '99999 Sat Feb 29 00:00:00 2028     /opt/opencode  serve',
  '',
].join('\n');

describe('parsePs', () => {
  it('reads ids, starts and command lines', () => {
    expect(parsePs(PRINTED)).toEqual([
      { pid: 1, argv: ['/sbin/launchd'], startedMs: new Date(2026, 10, 24, 7, 0, 1).getTime() },
      {
        pid: 501,
        argv: ['node', '/usr/local/bin/gemini', '--resume', '0d1c', '-o', 'stream-json'],
        startedMs: new Date(2026, 10, 3, 23, 59, 59).getTime(),
      },
      { pid: 99999, argv: ['/opt/opencode', 'serve'], startedMs: new Date(2028, 1, 29).getTime() },
    ]);
  });

  it.each(['', '\n\n', 'ps: illegal option', '12 garbled', 'PID STARTED COMMAND'])(
    'finds none in %j',
    (text) => {
      expect(parsePs(text)).toEqual([]);
    },
  );
});

describe('listProcesses without /proc', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ps-'));
    await writeFile(join(dir, 'printed'), PRINTED);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const ps = (script: string) => writeFile(join(dir, 'ps'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  it('asks ps, in a language that can be read, and gives what is wanted', async () => {
    await ps(`[ "$LC_ALL $*" = "C -axo pid=,lstart=,command=" ] && exec /bin/cat ${join(dir, 'printed')}`);
    await asOnDarwin(dir, async () => {
      const found = await listProcesses((argv) => argv.includes('serve'));
      expect(found.map(({ pid }) => pid)).toEqual([99999]);
    });
  });

  it('does not take a ps that fails for a machine without processes', async () => {
    await ps('exit 1');
    await asOnDarwin(dir, () => expect(listProcesses(() => true)).rejects.toThrow());
  });
});

/** Does work as on a Mac, with no programs but those in a folder. */
async function asOnDarwin(programs: string, work: () => Promise<void>): Promise<void> {
  const { platform } = process;
  const path = process.env['PATH'];
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  process.env['PATH'] = `${programs}:/bin:/usr/bin`;
  try {
    await work();
  } finally {
    Object.defineProperty(process, 'platform', { value: platform });
    process.env['PATH'] = path;
  }
}
