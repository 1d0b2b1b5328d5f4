import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { GeminiCliAdapter } from './gemini-cli.adapter.js';

const gemini = new GeminiCliAdapter(testConfig('/home/dev'));
const UUID = '0d1c4f6a-1111-2222-3333-444455556666';
const view = { turn: { kind: 'none' }, cwd: '/p' } as const;
const env = (variables: Readonly<Record<string, string>>) => (name: string) => variables[name];

describe('a process of Gemini CLI', () => {
  it.each([
    [['node', '/usr/local/bin/gemini', '-o', 'stream-json'], true],
    [['/usr/bin/node', '--max-old-space-size=12052', '/x/node_modules/.bin/gemini'], true],
    [['node', '/x/node_modules/@google/gemini-cli/dist/index.js'], true],
    [['gemini'], true],
    [['vim', 'gemini.md'], false],
    [['node', '/x/gemini-clone/index.js'], false],
    [['grep', '-r', 'a', 'b', 'gemini'], false],
    [[], false],
  ])('is told by its command line: %j, %s', (argv, isOwn) => {
    expect(gemini.isOwn(argv)).toBe(isOwn);
  });

  it('holds the session it resumes, else those of its folder', () => {
    const holds = (argv: readonly string[], cwd: string | undefined, id: string) =>
      gemini.holds({ pid: 1, argv, ...(cwd === undefined ? {} : { cwd }) }, { id, view });
    const resumed = ['node', 'gemini', '--resume', UUID];
    expect([holds(resumed, '/q', UUID), holds(resumed, '/p', 'other')]).toEqual([true, false]);
    expect([holds(['gemini'], '/p', 'a'), holds(['gemini'], '/q', 'a')]).toEqual([true, false]);
    expect(holds(['gemini'], undefined, 'a')).toBe(true);
    expect(holds(['gemini', '-r', 'latest'], '/p', 'a')).toBe(true);
  });

  it('works in the home its environment names', () => {
    expect(gemini.homeOf(env({ HOME: '/h', GEMINI_CLI_HOME: '/g' }))).toBe('/g/.gemini');
    expect(gemini.homeOf(env({ HOME: '/h' }))).toBe('/h/.gemini');
    expect(gemini.homeOf(env({}))).toBeUndefined();
  });
});
