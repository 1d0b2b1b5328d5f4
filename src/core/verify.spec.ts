import { describe, expect, it } from '@jest/globals';
import { aStop } from '../../test/support/an-episode.js';
import type { RunOutcome } from './run.js';
import { prove } from './verify.js';

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
