import { describe, expect, it } from '@jest/globals';
import { loadSettings } from './load-settings.js';
import type { SettingsGiven } from './settings.js';

const load = (settings: SettingsGiven, env: Record<string, string> = {}, ...argv: string[]) =>
  loadSettings({ argv, env: { HOME: '/home/ann', ...env }, homeDir: '/home/ann', settings });

describe('settings given by a program', () => {
  it('are spelled as in TypeScript and win over the environment, not over flags', () => {
    const given: SettingsGiven = {
      resume: { marginTextS: 90, maxAttempts: 3 },
      agents: { 'claude-code': { home: ['~/claude'] } },
      notify: { webhook: { url: 'https://hooks.example/1' } },
    };
    const env = { PALINGENESIS_RESUME__MARGIN_TEXT_S: '10', PALINGENESIS_RESUME__MAX_CONCURRENT: '2' };
    const { settings, options } = load(given, env, '--resume.max_attempts=4');
    expect(settings.resume).toMatchObject({ marginTextS: 90, maxAttempts: 4, maxConcurrent: 2 });
    expect(settings.agents['claude-code']?.home).toEqual(['/home/ann/claude']);
    expect(settings.notify.webhook.url).toBe('https://hooks.example/1');
    expect(options.get('resume.margin_text_s')?.origin).toBe('the program');
  });

  it('keep the names inside a value', () => {
    const { options } = load({ otel: { headers: { xKey: 'k' } } });
    expect(options.get('otel.headers')?.value).toEqual({ xKey: 'k' });
  });

  it('are checked like all others', () => {
    const wrong = { resume: { maxAttempts: 0, maxAttemps: 1 } };
    expect(() => load(wrong)).toThrow(
      /resume\.max_attemps: no such option[^]*resume\.max_attempts: given 0 \(the program\)/,
    );
  });
});
