import { parse } from 'smol-toml';
import { loadSettings } from './load-settings.js';
import { showSettings } from './show-settings.js';

const load = (...argv: string[]) =>
  loadSettings({ argv, env: { PALINGENESIS_LOG__LEVEL: 'warn' }, homeDir: '/home/ann' });

const RULES = '--resume.projects=[{"path":"/work/**","resume":false},{"path":"**/tmp","max_per_day":2}]';

describe('showSettings', () => {
  const shown = showSettings(load('--http.port', '0', RULES));

  it('says where each value is from', () => {
    const lines = shown.split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '[http]',
      'host = "127.0.0.1"  # default',
      'port = 0  # flag --http.port',
    ]);
    expect(lines).toContain('level = "warn"  # environment PALINGENESIS_LOG__LEVEL');
    expect(lines).toContain('[agents.claude-code]');
  });

  it('is a file that leads to the same settings', () => {
    const again = loadSettings({
      argv: [],
      env: {},
      homeDir: '/home/ann',
      defaultsFile: 'defaults',
      readFile: (path) => {
        if (path === 'defaults') return shown;
        throw Object.assign(new Error('missing'), { code: 'ENOENT' });
      },
    });
    expect(Object.keys(parse(shown))).toContain('otel');
    expect(again.settings).toEqual(load('--http.port', '0', RULES).settings);
  });
});
