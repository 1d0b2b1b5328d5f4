import { describe, expect, it } from '@jest/globals';
import { testConfig } from '../../../test/support/test-config.js';
import { OpenCodeAdapter } from './opencode.adapter.js';

const opencode = new OpenCodeAdapter(testConfig('/home/dev'));
const view = { turn: { kind: 'none' }, cwd: '/p' } as const;
const env = (variables: Readonly<Record<string, string>>) => (name: string) => variables[name];

describe('a process of OpenCode', () => {
  it.each([
    [['opencode'], true],
    [['/usr/local/bin/opencode', 'run'], true],
    [['node', '/x/node_modules/opencode-ai/bin/opencode'], true],
    [['/x/node_modules/opencode-ai/bin/.opencode', 'serve'], true],
    [['vim', 'opencode.json'], false],
    [['opencode-clone'], false],
    [[], false],
  ])('is told by its command line: %j, %s', (argv, isOwn) => {
    expect(opencode.isOwn(argv)).toBe(isOwn);
  });

  it('holds any session as a server, else the one it was given, else those of its folder', () => {
    const holds = (argv: readonly string[], cwd: string, id: string) =>
      opencode.holds({ pid: 1, argv, cwd }, { id, view });
    expect(holds(['opencode', 'serve'], '/q', 'ses_a')).toBe(true);
    const given = ['opencode', 'run', '--session', 'ses_a'];
    expect([holds(given, '/q', 'ses_a'), holds(given, '/p', 'ses_b')]).toEqual([true, false]);
    expect([holds(['opencode'], '/p', 'ses_a'), holds(['opencode'], '/q', 'ses_a')]).toEqual([true, false]);
  });

  it('works in the home its environment names', () => {
    expect(opencode.homeOf(env({ HOME: '/h', XDG_DATA_HOME: '/d' }))).toBe('/d/opencode');
    expect(opencode.homeOf(env({ HOME: '/h' }))).toBe('/h/.local/share/opencode');
    expect(opencode.homeOf(env({}))).toBeUndefined();
  });
});
