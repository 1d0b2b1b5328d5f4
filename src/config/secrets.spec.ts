import { ConfigError } from './config-error.js';
import { DEFAULTS_FILE, loadSettings } from './load-settings.js';
import { readFileSync } from 'node:fs';
import { shareableOptions, showSettings } from './show-settings.js';

const FILE = '/home/ann/.config/palingenesis/config.toml';

function load(file: string, env: Record<string, string> = {}, ...argv: string[]) {
  const readFile = (path: string) => (path === DEFAULTS_FILE ? readFileSync(path, 'utf8') : file);
  return loadSettings({ argv, env, homeDir: '/home/ann', readFile });
}

function complaintOf(...given: Parameters<typeof load>): string {
  try {
    load(...given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('a secret', () => {
  it.each([
    ['a table', '[otel]\nheaders = { authorization = "Bearer s3cret" }'],
    ['a section', '[otel.headers]\nauthorization = "Bearer s3cret"'],
    ['text', '[otel]\nheaders = "authorization=Bearer s3cret"'],
    ['part of an address', '[otel]\nendpoint = "http://user:s3cret@collector:4317"'],
  ])('given as %s is not shown', (_, file) => {
    const loaded = load(file);
    expect(showSettings(loaded)).not.toContain('s3cret');
    expect(JSON.stringify(shareableOptions(loaded))).not.toContain('s3cret');
    expect(showSettings(loaded)).toContain(`# file ${FILE}`);
  });

  it.each([
    ['a value that is not allowed', '[otel.headers]\nauthorization = ["s3cret"]'],
    ['a misspelt option', '[otel]\nheader = "authorization=s3cret"'],
    ['a misspelt section', '[otle.headers]\nauthorization = "s3cret"'],
    ['a file that does not parse', '[otel.headers]\nauthorization = "s3cret'],
  ])('is not told with %s', (_, file) => {
    const complaint = complaintOf(file);
    expect(complaint).not.toContain('s3cret');
    expect(complaint).toContain('1 problem');
  });

  it('is not told with a variable for a single header, which there is not', () => {
    const complaint = complaintOf('', { PALINGENESIS_OTEL__HEADERS__X_KEY: 's3cret' });
    expect(complaint).toContain('otel.headers.x_key: no such option');
    expect(complaint).not.toContain('s3cret');
  });
});
