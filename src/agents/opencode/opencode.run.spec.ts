import { describe, expect, it } from '@jest/globals';
import { OpenCodeRun } from './opencode.run.js';

/** As 1.18.33 printed them without `--auto`. */
const REFUSED =
  '{"type":"tool_use","timestamp":1795656454081,"sessionID":"ses_dea8","part":{"type":"tool","tool":"bash","callID":"call_1","state":{"status":"error","input":{"command":"echo hi > x.txt"},"error":"The user rejected permission to use this specific tool call."}}}';
const FINISHED =
  '{"type":"step_finish","sessionID":"ses_dea8","part":{"reason":"tool-calls","type":"step-finish"}}';

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
});
