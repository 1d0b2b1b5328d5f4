import { describe, expect, it } from '@jest/globals';
import type { RunOutcome } from '../../core/run.js';
import { OpenCodeRun } from './opencode.run.js';

/** As 1.18.33 printed them without `--auto`. */
const REFUSED =
  '{"type":"tool_use","timestamp":1795656454081,"sessionID":"ses_dea8","part":{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"error","input":{"command":"echo hi > x.txt"},"error":"The user rejected permission to use this specific tool call."}}}';
const FINISHED =
  '{"type":"step_finish","sessionID":"ses_dea8","part":{"reason":"tool-calls","type":"step-finish"}}';

const FULL =
  '{"type":"error","sessionID":"ses_dea8","error":{"name":"ContextOverflowError","data":{"message":"This model\'s maximum context length is 128000 tokens."}}}';
const STEP = [
  '{"type":"step_start","sessionID":"ses_dea8","part":{"type":"step-start"}}',
  '{"type":"step_finish","sessionID":"ses_dea8","part":{"reason":"stop","type":"step-finish"}}',
];

function endAfter(...lines: string[]): RunOutcome {
  const run = new OpenCodeRun('UTC');
  lines.forEach((line) => run.accept(line));
  return run.outcome({ exit: { code: 1 }, stderrTail: '', atMs: 0 });
}

describe('OpenCodeRun', () => {
  it('tells the tools that were refused, though the program ends well', () => {
    const run = new OpenCodeRun('UTC');
    [REFUSED, FINISHED].forEach((line) => run.accept(line));
    const outcome = run.outcome({ exit: { code: 0 }, stderrTail: '', atMs: 0 });
    expect(outcome).toMatchObject({ result: 'none', deniedTools: ['bash'] });
  });

  it('does not take a tool that failed for one that was refused', () => {
    const run = new OpenCodeRun('UTC');
    run.accept(REFUSED.replace('The user rejected permission to use this specific tool call.', 'exit 1'));
    expect(run.outcome({ exit: { code: 0 }, stderrTail: '', atMs: 0 }).deniedTools).toEqual([]);
  });

  it('does not take a context that was compacted, and worked in again, for the end', () => {
    expect(endAfter(FULL, ...STEP, ...STEP)).toMatchObject({ result: 'ok' });
  });

  it('tells a context that is still full after it was compacted', () => {
    const outcome = endAfter(FULL, ...STEP, FULL, ...STEP);
    expect(outcome).toMatchObject({ result: 'failed', verdict: { reason: 'context_exhausted' } });
  });
});
