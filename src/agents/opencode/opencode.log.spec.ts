import { describe, expect, it } from '@jest/globals';
import { logSignals } from './opencode.log.js';

const TIME = '2026-11-24T08:19:24.951Z';
const line = (level: string, message: string, rest: string, small = 'false'): string =>
  `timestamp=${TIME} level=${level} run=3ed71e82 message=${message} providerID=p modelID=m session.id=ses_1 small=${small} agent=build mode=primary${rest}`;

describe('a line of the log', () => {
  it('tells that a try has failed, in words or field by field', () => {
    const words =
      ' error.error="AI_APICallError: You have reached your usage limit for this billing window."';
    const fields =
      ' error.error.message=Overloaded error.error.type=server_error error.error.code=overloaded';
    expect(logSignals(line('ERROR', '"stream error"', words), 'UTC')).toMatchObject([
      {
        kind: 'waits',
        sessionId: 'ses_1',
        atMs: Date.parse(TIME),
        verdict: { reason: 'usage_limit', waitsItself: true },
      },
    ]);
    expect(logSignals(line('ERROR', '"stream error"', fields), 'UTC')).toMatchObject([
      { kind: 'waits', verdict: { reason: 'overloaded', evidence: { text: 'Overloaded' } } },
    ]);
  });

  it('tells that the model is asked again', () => {
    expect(logSignals(line('INFO', 'stream', ''), 'UTC')).toMatchObject([
      { kind: 'working', sessionId: 'ses_1' },
    ]);
  });

  it.each([
    line('INFO', 'stream', '', 'true'),
    line('INFO', 'loop', ' step=1'),
    'timestamp=nonsense level=INFO message=stream session.id=ses_1 small=false',
    'message="stream error"',
    '',
  ])('says nothing else: %s', (other) => {
    expect(logSignals(other, 'UTC')).toEqual([]);
  });
});
