import { describe, expect, it } from '@jest/globals';
import { OpenCodeMessages } from './opencode.messages.js';

const message = (id: string, data: object) => ({ id, time_created: 1000, data: JSON.stringify(data) });
const prompt = message('msg_1', { role: 'user', time: { created: 1000 } });
const calls = message('msg_2', {
  role: 'assistant',
  time: { created: 1000, completed: 2000 },
  finish: 'tool-calls',
});

const summary = (id: string) =>
  message(id, {
    role: 'assistant',
    mode: 'compaction',
    time: { created: 3000, completed: 3000 },
    finish: 'stop',
  });
const full = (id: string) => message(id, { role: 'assistant', time: { created: 4000, completed: 4000 } });

function turnAfter(...rows: object[]): unknown {
  const messages = new OpenCodeMessages('UTC');
  for (const row of rows) messages.accept(JSON.stringify(row));
  return messages.view().turn;
}

describe('a turn that ends with calls of tools', () => {
  it('goes on', () => {
    expect(turnAfter(prompt, calls)).toMatchObject({ kind: 'open', recordId: 'msg_2' });
  });

  it('waits for a person where one was not permitted', () => {
    expect(turnAfter(prompt, calls, { refused_in: 'msg_2' })).toMatchObject({
      kind: 'failed',
      recordId: 'msg_2',
      atMs: 2000,
      verdict: { reason: 'awaiting_input' },
    });
  });
});

describe('a context that is compacted', () => {
  it('has made room for work, and is none', () => {
    const messages = new OpenCodeMessages('UTC');
    for (const row of [prompt, calls, full('msg_3'), summary('msg_4')]) messages.accept(JSON.stringify(row));
    expect(messages.view()).toMatchObject({ lastWork: { recordId: 'msg_2' }, compactionsInARow: 1 });
    messages.accept(JSON.stringify({ ...calls, id: 'msg_5' }));
    expect(messages.view()).toMatchObject({ lastWork: { recordId: 'msg_5' }, compactionsInARow: 0 });
  });

  it('is given up where it is full again before any work, however the last message was left', () => {
    const twice = [prompt, calls, full('msg_3'), summary('msg_4'), full('msg_5'), summary('msg_6')];
    const stillFull = { kind: 'failed', verdict: { reason: 'context_exhausted' } };
    expect(turnAfter(...twice)).toMatchObject(stillFull);
    expect(turnAfter(...twice, full('msg_7'))).toMatchObject(stillFull);
    expect(turnAfter(...twice.slice(0, 5))).toMatchObject({ kind: 'interrupted' });
  });
});
