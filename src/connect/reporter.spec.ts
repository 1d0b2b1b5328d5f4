import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { reporterFor } from './reporter.js';

const reporter = reporterFor('an agent', 'http://127.0.0.1:7654', {
  node: process.execPath,
  script: "/opt/ann's/palingenesis-hook.mjs",
});

describe('the command that reports', () => {
  it('names all it needs itself', () => {
    expect(reporter.url).toBe('http://127.0.0.1:7654/api/v1/signals/an%20agent');
    expect(reporter.command(['reason'])).toBe(
      `NODE_OPTIONS= '${process.execPath}' '/opt/ann'\\''s/palingenesis-hook.mjs' '${reporter.url}' 'reason' >/dev/null 2>&1 || true`,
    );
  });

  it('is known again, also of another place', () => {
    expect(reporter.isOurs(reporter.command([]))).toBe(true);
    expect(reporter.isOurs("'/old/node' '/old/bin/palingenesis-hook.mjs' 'http://x'")).toBe(true);
    expect(reporter.isOurs('say palingenesis')).toBe(false);
  });

  it.each(['sh', 'bash'])('is silent and well in %s when its script is gone, or Node', async (shell) => {
    const gone = reporterFor('a', 'http://127.0.0.1:9', {
      node: '/nowhere/node',
      script: '/nowhere/script.mjs',
    });
    for (const command of [reporter.command([]), gone.command([])]) {
      const { stdout, stderr } = await promisify(execFile)(shell, ['-c', command]);
      expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    }
  });
});
