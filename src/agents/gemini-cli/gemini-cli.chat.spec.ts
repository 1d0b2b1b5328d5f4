import { beforeEach, describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { GeminiCliChat } from './gemini-cli.chat.js';

let chat: GeminiCliChat;
let atMs: number;
beforeEach(() => {
  chat = new GeminiCliChat();
  atMs = NOON;
});

const write = (record: object) => chat.accept(JSON.stringify(record));
const at = () => new Date((atMs += 1000)).toISOString();
const user = (id: string, text: string) => ({ id, timestamp: at(), type: 'user', content: [{ text }] });
const model = (id: string, fields: object = {}) => ({
  id,
  timestamp: at(),
  type: 'gemini',
  model: 'gemini-2.5-pro',
  content: 'x',
  ...fields,
});
const answer = (id: string) => ({
  id,
  timestamp: at(),
  type: 'user',
  content: [{ functionResponse: { name: 'x' } }],
});
const context = (id: string) =>
  user(id, '<session_context>\n- **Workspace Directories:**\n  - /home/dev/project\n</session_context>');
const header = (kind = 'main') => ({ sessionId: 's', projectHash: 'h', startTime: at(), kind });
const turn = () => chat.view().turn;

describe('GeminiCliChat', () => {
  it('follows a turn through its tools to its end', () => {
    write(header());
    write(context('c'));
    expect([turn(), chat.isSufficient()]).toEqual([{ kind: 'none' }, false]);
    write(user('u', 'Do it'));
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'u' });
    write(model('m', { toolCalls: [{ name: 'x' }] }));
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'm' });
    write(answer('r'));
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'r' });
    write(model('n'));
    expect(turn()).toMatchObject({ kind: 'ended', recordId: 'n' });
    expect(chat.view()).toMatchObject({
      ...{ cwd: '/home/dev/project', model: 'gemini-2.5-pro', failuresUnrecorded: true },
      ...{ lastPrompt: { recordId: 'u' }, lastWork: { recordId: 'n' }, lastActivityMs: atMs },
    });
    expect(chat.isSufficient()).toBe(true);
  });

  it('holds a prompt that failed and was taken back for the newest turn, which nobody finished', () => {
    const [first, done] = [user('u', 'Do it'), model('m')];
    write(header());
    write(first);
    write(done);
    write(user('v', 'More'));
    write({ $set: { messages: [context('c'), first, done] } });
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'v' });
    write({ $set: { messages: [context('c')] } });
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'v' });
  });

  it('goes by the history of a session that is resumed, whatever came before in the file', () => {
    const [first, done] = [user('u', 'Do it'), model('m')];
    write(user('v', 'More'));
    write(header());
    write({ $set: { messages: [context('c')] } });
    expect(turn()).toEqual({ kind: 'none' });
    write({ $set: { messages: [context('c'), first, done] } });
    expect(turn()).toMatchObject({ kind: 'ended', recordId: 'm' });
  });

  it('minds nothing that says nothing of a turn', () => {
    write(user('u', 'Do it'));
    for (const record of [
      { $set: { lastUpdated: at() } },
      { id: 'x', timestamp: 'soon', type: 'gemini' },
      { id: 'x', timestamp: at(), type: 'info' },
      { timestamp: at(), type: 'gemini' },
    ])
      write(record);
    chat.accept('{"id":"broken"');
    expect(turn()).toMatchObject({ kind: 'open', recordId: 'u' });
  });

  it('knows the folder and the kind of a chat that is read from the inside by its head', () => {
    const head = [header('subagent'), context('c')].map((record) => JSON.stringify(record)).join('\n');
    chat.acceptHead(head);
    write(user('u', 'Do it'));
    expect(chat.view()).toMatchObject({ cwd: '/home/dev/project', isSubagent: true, turn: { kind: 'open' } });
    expect(chat.isSufficient()).toBe(true);
  });

  it('takes a chat of a person for a session', () => {
    write(header());
    expect(chat.view().isSubagent).toBeUndefined();
  });
});
