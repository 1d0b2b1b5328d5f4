import type { LogSettings } from '../config/settings.js';
import type { LogRecord } from './log-record.js';
import { Logs } from './logs.js';

// One for all: nestjs-pino keeps one root logger in a process.
const lines: string[] = [];
const stdout = { isTTY: false, hasColors: () => true, write: (text: string) => lines.push(text) };
const logs = new Logs('1.2.3', stdout);
const settings: LogSettings = { level: 'info', format: 'auto', file: '', fileMaxMb: 1, fileKeep: 1 };
const records = () => lines.map((line): unknown => JSON.parse(line));

beforeEach(async () => {
  lines.length = 0;
  stdout.isTTY = false;
  logs.traceIds = () => undefined;
  await logs.apply(settings);
});

describe('Logs', () => {
  it('writes a JSON line with level, time, message, context and fields', () => {
    logs.logger.warn('out of paper', { tray: 2 }, 'Printer');
    expect(records()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        pid: process.pid,
        service: 'palingenesis',
        version: '1.2.3',
        tray: 2,
        context: 'Printer',
        msg: 'out of paper',
      },
    ]);
  });

  it('takes secrets out of message, fields, context and stack', () => {
    const key = 'sk-ant-api03-made-up';
    logs.logger.error(`no ${key}`, { token: 'abcdef', error: new Error(key) }, key);
    logs.logger.error('failed', `Error: ${key}\n    at file.ts:1:2`, 'Test');
    logs.logger.log({ prompt: 'write a poem', nested: { prompt: 'write a poem' } });
    expect(lines.join('')).not.toMatch(/made-up|abcdef|poem/);
    expect(records()).toHaveLength(3);
  });

  it('keeps what is below the level to itself, and changes it at once', () => {
    logs.logger.debug?.('unheard', 'Test');
    logs.level = 'debug';
    logs.logger.debug?.('heard', 'Test');
    logs.level = 'error';
    logs.logger.warn('unheard', 'Test');
    expect(records()).toMatchObject([{ level: 'debug', msg: 'heard' }]);
  });

  it('keeps the start-up of Nest for debug', () => {
    logs.logger.log('AppModule dependencies initialized', 'InstanceLoader');
    expect(lines).toEqual([]);
  });

  it('has the ids of the span it is in', () => {
    logs.traceIds = () => ({ trace_id: '0af7', span_id: 'b7ad' });
    logs.logger.log('inside', 'Test');
    expect(records()).toMatchObject([{ trace_id: '0af7', span_id: 'b7ad', msg: 'inside' }]);
  });

  it('tells listeners the records after redaction', () => {
    const heard: LogRecord[] = [];
    const stop = logs.onRecord((record) => heard.push(record));
    logs.logger.log('hello', { token: 'abcdef', n: 1 }, 'Test');
    stop();
    expect(heard).toMatchObject([
      { level: 'info', message: 'hello', context: 'Test', fields: { token: '[redacted]', n: 1 } },
    ]);
  });

  it.each([
    ['auto', true],
    ['human', false],
  ] as const)('is readable with format %s on a terminal (%s)', async (format, isTTY) => {
    stdout.isTTY = isTTY;
    await logs.apply({ ...settings, format });
    logs.logger.log('hello', { tray: 2 }, 'Printer');
    expect(lines.join('')).toMatch(/^.*\d\d:\d\d:\d\d.*INFO.*\[Printer\] hello.*tray.*2.*\n$/);
  });
});
