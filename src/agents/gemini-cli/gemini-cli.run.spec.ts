import { describe, expect, it } from '@jest/globals';
import { GeminiCliRun } from './gemini-cli.run.js';

/** As 0.61.0 printed them with `--approval-mode default`. */
const lines = (tool: string, error: string) => [
  `{"type":"tool_use","tool_name":"${tool}","tool_id":"${tool}_1","parameters":{}}`,
  `{"type":"tool_result","tool_id":"${tool}_1","status":"error","output":"…","error":{"type":"${error}","message":"…"}}`,
  '{"type":"result","timestamp":"2026-11-26T01:27:43.417Z","status":"success","stats":{"tool_calls":1}}',
];
const outcomeOf = (records: readonly string[]) => {
  const run = new GeminiCliRun('UTC');
  records.forEach((line) => run.accept(line));
  return run.outcome({ exit: { code: 0 }, stderrTail: '', atMs: 0 });
};

describe('GeminiCliRun', () => {
  it.each(['write_file', 'run_shell_command'])('tells that %s was withheld, though all ends well', (tool) => {
    expect(outcomeOf(lines(tool, 'tool_not_registered'))).toMatchObject({
      result: 'ok',
      deniedTools: [tool],
    });
  });

  it('does not take a tool that failed, or that there is not, for one that was refused', () => {
    expect(outcomeOf(lines('write_file', 'invalid_tool_params')).deniedTools).toEqual([]);
    expect(outcomeOf(lines('made_up', 'tool_not_registered')).deniedTools).toEqual([]);
  });
});
