import { describe, expect, it } from '@jest/globals';
import { claimOf } from './claude-code.claim.js';

const claim = (fields: object) => claimOf(JSON.stringify({ pid: 7, sessionId: 's', ...fields }));

describe('a claim of Claude Code', () => {
  it('names the session, the process, and since when that runs', () => {
    const written = { procStart: '5123', cwd: '/p', startedAt: 1, status: 'busy', version: '2.1.197' };
    expect(claim(written)).toEqual({ sessionId: 's', pid: 7, procStart: '5123', busy: true });
    expect(claim({ status: 'idle' })).toEqual({ sessionId: 's', pid: 7, idle: true });
    expect(claim({})).toEqual({ sessionId: 's', pid: 7 });
  });

  it.each([
    [{ status: 'waiting', waitingFor: 'permission prompt' }, 'permission prompt'],
    [{ status: 'waiting', waitingFor: 'input needed' }, 'input needed'],
    [{ status: 'waiting', waitingFor: 'dialog open' }, undefined],
    [{ status: 'waiting' }, undefined],
    [{ status: 'idle', waitingFor: 'permission prompt' }, undefined],
    [{ status: 'busy' }, undefined],
  ])('with %j asks for %p', (fields, asks) => {
    expect(claim(fields)?.asks).toBe(asks);
  });

  it.each([
    '',
    '{',
    '{"pid":7,"sess',
    '[]',
    'null',
    '{}',
    '{"pid":7}',
    '{"sessionId":"s"}',
    '{"sessionId":"s","pid":"7"}',
  ])('is none in %j', (text) => {
    expect(claimOf(text)).toBeUndefined();
  });
});
