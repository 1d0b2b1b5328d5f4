import { describe, expect, it } from '@jest/globals';
import { OpenCodeMessages } from './opencode.messages.js';

const message = (id: string, data: object) => ({ id, time_created: 1000, data: JSON.stringify(data) });
const prompt = message('msg_1', { role: 'user', time: { created: 1000 } });
const calls = message('msg_2', {
  role: 'assistant',
  time: { created: 1000, completed: 2000 },
  finish: 'tool-calls',
});

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
