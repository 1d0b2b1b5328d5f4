import { describe, expect, it } from '@jest/globals';
import { showChange } from './show-change.js';

const show = (before: string | undefined, after: string | undefined): string =>
  showChange({
    path: '/home/ann/settings.json',
    before: before === undefined ? undefined : Buffer.from(before),
    after: after === undefined ? undefined : Buffer.from(after),
  });

describe('a change as it is shown', () => {
  it('is a unified diff with a few lines around', () => {
    expect(show('1\n2\n3\n4\n5\n', '1\n2\n3\n4\n5\n6\n')).toBe(
      '--- /home/ann/settings.json\n+++ /home/ann/settings.json\n@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6',
    );
  });

  it('tells of a file that is made or removed', () => {
    expect(show(undefined, 'a\n')).toBe('--- /dev/null\n+++ /home/ann/settings.json\n@@ -0,0 +1,1 @@\n+a');
    expect(show('a\n', undefined)).toContain('+++ /dev/null\n');
  });

  it('tells no secret and steers no terminal', () => {
    const text = show('{"api_key": "abcdefgh", "x": "\u001b[2J"}\r\n', '{"api_key": "abcdefgh"}\r\n');
    expect(text).not.toContain('abcdefgh');
    expect(text).toContain('"api_key": [redacted]');
    expect(text).not.toContain('\u001b');
  });
});
