import { Config } from './config.js';
import { ConfigError } from './config-error.js';
import { loadSettings } from './load-settings.js';

describe('Config', () => {
  const argv: string[] = [];
  let config: Config;

  beforeEach(() => {
    argv.length = 0;
    const load = () => loadSettings({ argv, env: {}, homeDir: '/home/ann' });
    config = new Config(load(), load);
  });

  it('has every section', () => {
    const { http, state, log, monitor, resume, agents, otel } = config;
    expect([http, state, log, monitor, resume, agents, otel]).not.toContain(undefined);
  });

  it('reloads log and resume; the rest waits for a restart', () => {
    argv.push('--resume.max_attempts=3', '--log.level=debug', '--http.port=1', '--state.dir=/s');
    expect(config.reload()).toEqual({
      changed: ['log.level', 'resume.max_attempts'],
      needRestart: ['http.port', 'http.token_dir', 'ipc.socket', 'state.dir'],
    });
    expect(config.resume.maxAttempts).toBe(3);
    expect(config.log.level).toBe('debug');
    expect(config.http.port).toBe(7654);
    expect(Object.isFrozen(config.resume)).toBe(true);
  });

  it('reloads whether an agent is resumed, not whether it is watched', () => {
    argv.push('--agents.codex.resume=false', '--agents.codex.enabled=false');
    expect(config.reload()).toEqual({
      changed: ['agents.codex.resume'],
      needRestart: ['agents.codex.enabled'],
    });
    expect(config.agent('codex')).toMatchObject({ resume: false, enabled: true });
  });

  it('tells again what still needs a restart, not what it took over', () => {
    argv.push('--resume.max_attempts=3', '--http.port=1');
    config.reload();
    expect(config.reload()).toEqual({ changed: [], needRestart: ['http.port'] });
  });

  it('keeps everything when the new settings are not allowed', () => {
    const { resume } = config;
    argv.push('--resume.max_attempts=3', '--log.level=loud');
    expect(() => config.reload()).toThrow(ConfigError);
    expect(config.resume).toBe(resume);
  });
});
