import { describe, expect, it } from '@jest/globals';
import { NOON } from '../../../test/support/an-episode.js';
import { openCodeSignals } from './opencode.signals.js';

const ID = 'ses_1';
const event = (type: string, properties: object = {}) => ({
  type,
  properties: { sessionID: ID, ...properties },
});
const signals = (report: unknown) => openCodeSignals(report, 'UTC', NOON);
const retry = { type: 'retry', attempt: 1, message: 'Usage limit reached', next: NOON + 3_600_000 };
const overloaded = { name: 'APIError', data: { message: 'Overloaded', statusCode: 529 } };

describe('an event of OpenCode', () => {
  it.each([
    [event('session.status', { status: { type: 'busy' } }), { kind: 'working' }],
    [event('session.status', { status: { type: 'idle' } }), { kind: 'idle' }],
    [event('session.idle'), { kind: 'idle' }],
    [
      event('session.status', { status: retry }),
      {
        kind: 'waits',
        verdict: { reason: 'usage_limit', waitsItself: true, reset: { atMs: NOON + 3_600_000 } },
      },
    ],
    [event('session.error', { error: overloaded }), { kind: 'failed', verdict: { reason: 'overloaded' } }],
    [event('permission.asked', { permission: 'bash' }), { kind: 'asks', evidence: { text: 'bash' } }],
    [event('question.asked'), { kind: 'asks' }],
    [event('permission.replied'), { kind: 'working' }],
  ])('%j tells that it is %j', (report, told) => {
    const expected = [{ sessionId: ID, atMs: NOON, source: 'server', ...told }];
    expect(signals(report)).toMatchObject(expected);
    // As the server's stream has it, and as text.
    expect(signals({ directory: '/p', payload: report })).toMatchObject(expected);
    expect(signals(JSON.stringify({ directory: '/p', payload: report }))).toMatchObject(expected);
    // As the plugin has it.
    expect(signals({ t: 1, pid: 2, event: report })).toMatchObject([{ ...expected[0], source: 'hook' }]);
  });

  it.each([
    event('session.status', { status: { type: 'later' } }),
    event('session.error', { error: null }),
    event('message.part.updated', { part: { text: 'usage limit reached' } }),
    { type: 'session.idle', properties: {} },
    { type: 'session.idle' },
    {},
    null,
    5,
    '',
    '{"type":"session.idle"',
  ])('%j tells nothing', (report) => {
    expect(signals(report)).toEqual([]);
  });

  it('the state of all sessions and what waits for a person are answers of the server', () => {
    expect(signals(JSON.stringify({ ses_1: { type: 'busy' }, ses_2: retry }))).toMatchObject([
      { sessionId: 'ses_1', kind: 'working' },
      { sessionId: 'ses_2', kind: 'waits' },
    ]);
    expect(signals(JSON.stringify([{ id: 'per_1', sessionID: ID, permission: 'bash' }, 5]))).toMatchObject([
      { sessionId: ID, kind: 'asks' },
    ]);
    expect([signals('{}'), signals('[]')]).toEqual([[], []]);
  });
});

describe('a line of the log of OpenCode', () => {
  const line = (fields: string) =>
    `timestamp=2026-11-22T11:59:58.000Z level=ERROR run=1 message="stream error" providerID=p session.id=${ID} ${fields}`;
  const ERROR = String.raw`error.error="AI_APICallError: Usage limit reached, \"soon\""`;

  it('says at its own time why a message waits', () => {
    expect(signals(line(`small=false ${ERROR}`))).toMatchObject([
      {
        sessionId: ID,
        atMs: NOON - 2000,
        source: 'log',
        kind: 'waits',
        verdict: { reason: 'usage_limit', waitsItself: true },
      },
    ]);
  });

  it.each([
    ['of a side request', line(`small=true ${ERROR}`)],
    ['without an error', line('small=false')],
    ['of another level', line(`small=false ${ERROR}`).replace('ERROR', 'INFO')],
    ['of no time', line(`small=false ${ERROR}`).replace(/2026\S+/, 'now')],
    ['cut off', line(`small=false ${ERROR}`).slice(0, 60)],
  ])('says nothing %s', (_name, text) => {
    expect(signals(text)).toEqual([]);
  });
});
