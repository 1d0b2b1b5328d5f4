import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { DEFAULTS_FILE, loadSettings } from './load-settings.js';
import { projectRulesOf } from './project-rules.js';
import type { Settings } from './settings.js';

const USUAL = '/home/ann/.config/palingenesis/config.toml';

function resumeOf(toml: string, argv: readonly string[] = []): Settings['resume'] {
  const readFile = (path: string): string => (path === USUAL ? toml : readFileSync(DEFAULTS_FILE, 'utf8'));
  return loadSettings({ argv, env: {}, homeDir: '/home/ann', readFile }).settings.resume;
}

describe('the settings of a policy', () => {
  it('are rules for folders as tables, below the home of the user', () => {
    const { projects } = resumeOf(
      '[[resume.projects]]\npath = "~/work/**"\nresume = false\n[[resume.projects]]\npath = "**/tmp"\nmax_per_day = 2\n',
    );
    expect(projectRulesOf(projects)).toEqual([
      { path: '/home/ann/work/**', resume: false },
      { path: '**/tmp', maxPerDay: 2 },
    ]);
  });

  it.each([
    [{ path: 'work/**' }],
    [{ resume: false }],
    [{ path: '/a', resume: 'no' }],
    [{ path: '/a', mode: 'watch' }],
    [{ path: '/a', max_per_day: 0 }],
    [{ path: '/a', max_per_dya: 1 }],
    ['/a'],
  ])('refuse %j', (rule) => {
    expect(projectRulesOf([rule])).toBeUndefined();
  });

  it('say what is allowed', () => {
    const wrong =
      '[resume]\nquiet_hours = ["22-7"]\nquiet_zone = "Mars/Olympus"\nmode = "look"\nprojects = [{ path = "x" }]\n';
    expect(() => resumeOf(wrong)).toThrow(ConfigError);
    expect(() => resumeOf(wrong)).toThrow(
      /quiet_hours[^]*"22:00-07:00"[^]*quiet_zone[^]*"Europe\/Berlin"[^]*projects[^]*a list of tables with path/,
    );
  });

  it.each([
    ['--resume.quiet_hours=22:00-07:00,12:00-13:00', ['22:00-07:00', '12:00-13:00']],
    ['--resume.quiet_hours=["22:00-07:00"]', ['22:00-07:00']],
    ['--resume.quiet_hours=', []],
  ])('come by flags, too: %s', (flag, spans) => {
    expect(resumeOf('', [flag]).quietHours).toEqual(spans);
  });

  it('come by flags as JSON where they are tables', () => {
    const { projects } = resumeOf('', ['--resume.projects=[{"path":"~/work/**","mode":"observe"}]']);
    expect(projects).toEqual([{ path: '/home/ann/work/**', mode: 'observe' }]);
  });
});
