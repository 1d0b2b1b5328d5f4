import { describe, expect, it } from '@jest/globals';
import { aStop } from '../../test/support/an-episode.js';
import type { RunOutcome } from './run.js';
import { breachOf, prove } from './verify.js';

const ok: RunOutcome = { result: 'ok', deniedTools: [] };

describe('prove', () => {
  it('saves on new work alone', () => {
    expect(prove(ok, true, undefined).kind).toBe('saved');
    expect(prove(ok, false, undefined).kind).toBe('no-progress');
  });

  it('saves work that was cut short: the cut is a stop of its own', () => {
    expect(prove({ ...ok, result: 'failed' }, true, aStop()).kind).toBe('saved');
  });

  it('does not take a run without its permissions for success', () => {
    const proof = prove({ ...ok, deniedTools: ['Edit', 'Edit', 'Bash'] }, true, undefined);
    expect(proof).toEqual({ kind: 'denied', why: 'the resumed run was refused Edit, Bash' });
  });

  it('names what the resume met instead', () => {
    expect(prove({ ...ok, result: 'failed' }, false, aStop()).why).toContain('usage_limit');
  });
});

describe('breachOf', () => {
  const contract = {
    cwd: '/w',
    home: '/h',
    model: 'gpt-5.1-codex',
    effort: 'high',
    permissionMode: 'workspace-write',
  };
  const turn = { kind: 'none' } as const;
  const kept = { turn, model: 'gpt-5.1-codex', effort: 'high', permissionMode: 'workspace-write' };

  it('finds none where everything was kept, or nothing is told', () => {
    expect(breachOf(contract, kept)).toBeUndefined();
    expect(breachOf(contract, { turn })).toBeUndefined();
    expect(breachOf({ cwd: '/w', home: '/h' }, kept)).toBeUndefined();
  });

  it.each([
    [{ permissionMode: 'read-only' }, 'as read-only instead of workspace-write'],
    [{ permissionMode: 'danger-full-access' }, 'as danger-full-access instead of workspace-write'],
    [{ model: 'gpt-6-luna' }, 'model gpt-6-luna instead of gpt-5.1-codex'],
    [{ effort: 'low' }, 'effort low instead of high'],
  ])('names %j', (change, words) => {
    expect(breachOf(contract, { ...kept, ...change })).toContain(words);
  });

  it.each([
    ['opus', 'claude-opus-4-8'],
    ['claude-opus-4-8[1m]', 'claude-opus-4-8'],
    ['auto', 'gemini-2.5-pro'],
  ])('takes %s for %s', (model, seen) => {
    expect(breachOf({ ...contract, model }, { ...kept, model: seen })).toBeUndefined();
  });

  it('is no save, however much was done', () => {
    const proof = prove(
      { result: 'ok', deniedTools: [] },
      true,
      undefined,
      'the session works on as another',
    );
    expect(proof).toEqual({ kind: 'denied', why: 'the session works on as another' });
    expect(prove({ result: 'ok', deniedTools: [] }, false, undefined, 'x').kind).toBe('no-progress');
  });
});
