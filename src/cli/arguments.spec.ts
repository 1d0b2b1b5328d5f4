import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from './arguments.js';
import { CommandError } from './command-error.js';
import { COMMANDS } from './commands.js';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '), COMMANDS);

function refusal(line: string): string {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === 2) return error.message;
    throw error;
  }
  throw new Error(`"${line}" was not refused`);
}

describe('parseCommandLine', () => {
  it('finds the command, its operands and its options', () => {
    const { command, call } = parse('sessions abc --limit 3 --json');
    expect(command).toBe(COMMANDS.get('sessions'));
    expect(call.operands).toEqual(['abc']);
    expect(call.text('limit')).toBe('3');
    expect(call.wantsJson).toBe(true);
    expect(call.text('agent')).toBeUndefined();
  });

  it('takes options before the command', () => {
    const { command, call } = parse('--url http://localhost:1 --http.port 2 status');
    expect(command).toBe(COMMANDS.get('status'));
    expect(call.text('url')).toBe('http://localhost:1');
    expect(call.settingsFlags).toEqual(['--http.port', '2']);
  });

  it('passes on what is for the settings, a missing value included', () => {
    const line = 'status --config f.toml --agents.claude-code.home=/a --json --http.port';
    const { call } = parse(line);
    expect(call.settingsFlags).toEqual(['--config', 'f.toml', '--agents.claude-code.home=/a', '--http.port']);
    expect(call.wantsJson).toBe(true);
  });

  it('leaves everything behind -- to the prompt', () => {
    const { call } = parse('run --model opus -- fix --http.port=1 - --json');
    expect(call.operands).toEqual(['fix', '--http.port=1', '-', '--json']);
    expect(call.settingsFlags).toEqual([]);
    expect(call.wantsJson).toBe(false);
  });

  it.each(['--help', '-h', 'help'])('helps on %s', (line) => {
    const { command, call } = parse(line);
    expect(command).toBe(COMMANDS.get('help'));
    expect(call.operands).toEqual([]);
  });

  it('helps on a command and tells the version wherever it is asked to', () => {
    expect(parse('run --help').call.operands).toEqual(['run']);
    expect(parse('--version').command).toBe(COMMANDS.get('version'));
    expect(parse('status --version').command).toBe(COMMANDS.get('version'));
  });

  it.each([
    ['', 'a command is missing; there are: start, status, sessions,'],
    ['statsu', '"statsu": no such command; did you mean status?'],
    ['constructor', '"constructor": no such command'],
    ['frobnicate', 'there are: start, status, sessions,'],
    ['sessions --limt 3', '--limt: no such option here; did you mean --limit?'],
    [
      'status --detach',
      '--detach: no such option here; there are: --url, --json, --help, --version, --watch, --config',
    ],
    ['--jsno', '--jsno: no such option here; did you mean --json?'],
    ['status more', '"more": one word too many; usage: palingenesis status'],
    ['sessions --limit', '--limit'],
    ['status --json=yes', '--json'],
  ])('refuses "%s"', (line, words) => {
    expect(refusal(line)).toContain(words);
  });
});
