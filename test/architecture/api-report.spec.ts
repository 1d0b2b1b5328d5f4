import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXTRACTOR = 'node_modules/@microsoft/api-extractor/bin/api-extractor';
const run = promisify(execFile);

/** What its report says, without the words on how to read it. */
const report = async () => readFile(`${ROOT}/docs/palingenesis.api.md`, 'utf8');

describe('the API of the package', () => {
  it('is what docs/palingenesis.api.md says; after a wanted change: npm run build && npm run docs:api', async () => {
    await run(process.execPath, [EXTRACTOR, 'run', '--config', 'api-extractor.json'], { cwd: ROOT });
  }, 60_000);

  it('names no type that a program cannot import', async () => {
    expect(await report()).not.toContain('(ae-');
  });

  it('has the module, the ports and the marks', async () => {
    const text = await report();
    for (const name of ['PalingenesisModule', 'Agent', 'TranscriptFold', 'RunFold', 'Channel', 'Strategy'])
      expect(text).toMatch(new RegExp(`^export (abstract )?class ${name} `, 'm'));
    for (const name of ['AgentAdapter', 'ResumeStrategy', 'NotificationChannel', 'OnEpisode'])
      expect(text).toMatch(new RegExp(`^export (const|function) ${name}\\b`, 'm'));
  });

  it('is all that can be imported', async () => {
    const inner = `import('palingenesis/dist/main.js')`;
    const failing = run(process.execPath, ['--input-type=module', '--eval', inner], { cwd: ROOT });
    await expect(failing).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});
