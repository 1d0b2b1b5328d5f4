import { Logger } from '@nestjs/common';
import { LogSink } from './log-sink.js';
import type { LogRecord } from './log-record.js';

const line = (fields: object) =>
  `${JSON.stringify({ level: 'info', time: '2026-11-22T12:00:00.000Z', pid: 1, service: 's', version: 'v', ...fields })}\n`;

let said: unknown[][];
let sink: LogSink;
beforeEach(() => {
  said = [];
  sink = new LogSink();
  // What the sink says of itself comes back to it, as in the service.
  const say = (...words: unknown[]) => {
    said.push(words);
    sink.write(line({ msg: words[0] }));
  };
  Logger.overrideLogger({ log: say, warn: say, error: say });
});
afterEach(() => {
  Logger.overrideLogger(false);
});

describe('LogSink', () => {
  it('tells listeners what was written, until they leave', () => {
    const heard: LogRecord[] = [];
    const leave = sink.listen((record) => heard.push(record));
    sink.write(line({ msg: 'hello', context: 'Test', session: 's-1', trace_id: 't', span_id: 's' }));
    leave();
    sink.write(line({ msg: 'unheard' }));
    expect(heard).toEqual([
      {
        timeMs: Date.parse('2026-11-22T12:00:00Z'),
        level: 'info',
        message: 'hello',
        context: 'Test',
        trace: { trace_id: 't', span_id: 's' },
        fields: { session: 's-1' },
      },
    ]);
  });

  it('survives a listener that throws, and one that logs', () => {
    const printed: string[] = [];
    sink.printTo((text) => printed.push(text));
    sink.listen(() => {
      throw new Error('no collector');
    });
    sink.write(line({ msg: 'hello' }));
    expect(said).toEqual([['a listener of the log failed', { error: 'no collector' }, 'Logs']]);
    expect(printed).toHaveLength(2);
  });

  it('says once that the file fails, and once that it works again', () => {
    let isFull = true;
    const written: string[] = [];
    sink.storeIn({
      path: '/x.log',
      write: (text) => {
        if (isFull) throw new Error('ENOSPC');
        written.push(text);
      },
      close: () => undefined,
    });
    for (let count = 0; count < 3; count++) sink.write(line({ msg: 'lost' }));
    expect(said).toEqual([
      ['the log file cannot be written; going on without it', { file: '/x.log', error: 'ENOSPC' }, 'Logs'],
    ]);
    isFull = false;
    for (let count = 0; count < 3; count++) sink.write(line({ msg: 'kept' }));
    expect(said.slice(1)).toEqual([['the log file is written again', { file: '/x.log' }, 'Logs']]);
    expect(written).toHaveLength(4);
  });
});
