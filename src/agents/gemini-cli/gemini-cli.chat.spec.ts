import { describe, expect, it } from '@jest/globals';
import { GeminiCliChat } from './gemini-cli.chat.js';

const START = JSON.stringify({
  sessionId: 's',
  projectHash: 'h',
  startTime: '2026-11-24T07:17:34Z',
  kind: 'main',
});
const message = (id: string, type: 'user' | 'gemini', text: string) => ({
  id,
  type,
  timestamp: '2026-11-24T07:17:35Z',
  content: type === 'user' ? [{ text }] : text,
});
const line = (value: object) => JSON.stringify(value);
const history = (...messages: object[]) => line({ $set: { messages } });

const context = message(
  'c',
  'user',
  '<session_context>\n- **Workspace Directories:**\n  - /home/dev/project\n',
);
const [first, answer, second] = [
  message('a', 'user', 'First'),
  message('b', 'gemini', 'Done'),
  message('d', 'user', 'Second'),
];

function turnAfter(...lines: string[]): unknown {
  const chat = new GeminiCliChat();
  for (const each of lines) chat.accept(each);
  return chat.view().turn;
}

describe('the newest turn of a chat', () => {
  it('is that of a prompt that was taken back when it failed', () => {
    expect(turnAfter(START, history(context), line(first), history(context))).toMatchObject({
      kind: 'open',
      recordId: 'a',
    });
    expect(
      turnAfter(
        START,
        history(context),
        line(first),
        line(answer),
        line(second),
        history(context, first, answer),
      ),
    ).toMatchObject({ kind: 'open', recordId: 'd' });
  });

  it('is that of the history where a session was resumed, whatever came before in the file', () => {
    const resumed = [START, history(context), history(context, first, answer)];
    expect(turnAfter(START, line(first), line(answer), ...resumed)).toMatchObject({
      kind: 'ended',
      recordId: 'b',
    });
    expect(turnAfter(START, line(second), ...resumed)).toMatchObject({ kind: 'ended', recordId: 'b' });
  });

  it('is that of a message that was answered, also where the history is written anew', () => {
    expect(turnAfter(START, line(first), line(answer), history(context, first, answer))).toMatchObject({
      kind: 'ended',
      recordId: 'b',
    });
  });
});
