import { describe, expect, it } from '@jest/globals';
import { aStop, NOON } from '../../test/support/an-episode.js';
import { judge } from './judge.js';
import type { Liveness, Turn } from './session.js';

const at = { recordId: 'r', atMs: NOON };
const { recordId: _recordId, atMs: _atMs, ...verdict } = aStop();

describe('judge', () => {
  const cases: [Turn, Liveness, boolean, string | undefined][] = [
    [{ kind: 'none' }, 'absent', false, undefined],
    [{ kind: 'failed', ...at, verdict }, 'alive', true, 'usage_limit'],
    [{ kind: 'interrupted', ...at }, 'alive', true, 'user_exit'],
    [{ kind: 'ended', ...at }, 'alive', true, 'completed'],
    [{ kind: 'ended', ...at }, 'absent', true, 'user_exit'],
    [{ kind: 'ended', ...at }, 'dead', true, 'completed'],
    [{ kind: 'ended', ...at }, 'absent', false, 'completed'],
    [{ kind: 'open', ...at }, 'alive', false, undefined],
    [{ kind: 'open', ...at }, 'unknown', false, undefined],
    [{ kind: 'open', ...at }, 'absent', false, 'crash'],
    [{ kind: 'open', ...at }, 'dead', true, 'crash'],
  ];
  it.each(cases)('%j, process %s, interactive %s: %s', (turn, liveness, interactive, reason) => {
    const stop = judge({ turn, interactive }, { liveness });
    expect(stop?.reason).toBe(reason);
    if (stop !== undefined) expect(stop).toMatchObject(at);
  });
});
