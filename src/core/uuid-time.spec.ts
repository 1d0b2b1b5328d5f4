import { describe, expect, it } from '@jest/globals';
import { uuidTimeMs } from './uuid-time.js';

describe('uuidTimeMs', () => {
  it('reads the time in the example of the RFC', () => {
    expect(uuidTimeMs('017F22E2-79B0-7CC3-98C4-DC0C0C07398F')).toBe(Date.parse('2022-02-22T19:22:22Z'));
  });

  it.each(['6032b6a6-ac1b-4dda-ba10-3b56d954cce0', 'ses_017F22E279B07CC3', ''])(
    'knows none in "%s"',
    (id) => {
      expect(uuidTimeMs(id)).toBeUndefined();
    },
  );
});
