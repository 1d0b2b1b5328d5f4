import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import { OpenCodeQueries } from '../../src/agents/opencode/opencode.database.js';
import type { Agent } from '../../src/core/ports/agent.js';
import { SqliteRows } from '../../src/platform/sqlite-rows.js';
import { testConfig } from '../support/test-config.js';
import { linesOf, recordings, type Recording } from './recordings.js';

const config = testConfig('/home/dev');
const recording = (agent: string, scenario: string): Recording => {
  const found = recordings(agent).find((each) => each.scenario === scenario);
  if (found === undefined) throw new Error(`no recording ${agent}/${scenario}`);
  return found;
};
const fileLines = (agent: string, scenario: string, pattern: RegExp) => {
  const found = recording(agent, scenario);
  const file = found.files.find((name) => pattern.test(name));
  if (file === undefined) throw new Error(`${agent}/${scenario} has no file of the session`);
  return linesOf(found, file);
};
const storyOf = (scenario: string) => {
  const rows = new SqliteRows(join(recording('opencode', scenario).dir, 'opencode.db'));
  const queries = new OpenCodeQueries();
  const [session] = queries.list(rows, 1);
  const lines = queries.story(rows, session?.id ?? '');
  rows.close();
  return lines;
};
const handoverOf = (agent: Agent, lines: readonly string[]) => {
  const fold = agent.newHandover();
  if (fold === undefined) throw new Error(`${agent.id} hands nothing over`);
  lines.forEach((line) => fold.accept(line));
  return fold.handover();
};
const TASK = 'Write sum.js with an add function';
const DONE = 'Created sum.js and checked it. The task is complete.';
const WRITTEN = ['/home/dev/project/sum.js'];

describe('a hand-over, by recordings of the real program', () => {
  it.each([
    [new ClaudeCodeAdapter(config), fileLines('claude-code', 'multi_turn_with_tools', /^projects/), WRITTEN],
    [new CodexAdapter(config), fileLines('codex', 'multi_turn_with_tools', /rollout-/), []],
    [new GeminiCliAdapter(config), fileLines('gemini-cli', 'multi_turn_with_tools', /chats/), WRITTEN],
    [new OpenCodeAdapter(config), storyOf('completed'), []],
  ] as const)('tells the task, what was said last, and the files: %s', (agent, lines, files) => {
    const handover = handoverOf(agent, lines);
    expect(handover.prompts).toEqual([agent.id === 'opencode' ? expect.any(String) : TASK]);
    if (agent.id !== 'opencode') expect(handover.work.at(-1)).toBe(DONE);
    expect(handover.work.length).toBeGreaterThan(0);
    expect(handover.files).toEqual(files);
    expect(handover.helpers).toEqual([]);
  });

  it('survives what is no record', () => {
    for (const Adapter of [ClaudeCodeAdapter, CodexAdapter, GeminiCliAdapter, OpenCodeAdapter]) {
      const lines = ['', '{', '[]', 'null', '{"type":"user"}', '{"payload":{"item":3}}', '{"id":1}'];
      expect(handoverOf(new Adapter(config), lines)).toMatchObject({ prompts: [], work: [] });
    }
  });

  it('knows the lists and helpers of Claude Code, a helper until it answers', () => {
    const use = (id: string, name: string, input: object) =>
      JSON.stringify({ type: 'assistant', message: { content: [{ type: 'tool_use', id, name, input }] } });
    const handover = handoverOf(new ClaudeCodeAdapter(config), [
      use('1', 'TaskCreate', { subject: 'parse' }),
      use('2', 'TaskCreate', { subject: 'print' }),
      use('3', 'TaskUpdate', { taskId: '1', status: 'completed' }),
      use('a', 'Agent', { description: 'look for callers' }),
      use('b', 'Task', { description: 'look for tests' }),
      JSON.stringify({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'a' }] } }),
    ]);
    expect(handover).toMatchObject({
      todos: [
        { text: 'parse', done: true },
        { text: 'print', done: false },
      ],
      helpers: ['look for tests'],
    });
  });

  it('knows plans and patches of Codex', () => {
    const call = (name: string, args: object | string) =>
      JSON.stringify({
        payload: {
          type: 'function_call',
          name,
          arguments: typeof args === 'string' ? args : JSON.stringify(args),
        },
      });
    const handover = handoverOf(new CodexAdapter(config), [
      call('update_plan', { plan: [{ step: 'parse', status: 'completed' }, { step: 'print' }] }),
      call('apply_patch', { input: '*** Begin Patch\n*** Add File: a.ts\n+x\n*** Update File: b.ts\n' }),
    ]);
    expect(handover.todos).toEqual([
      { text: 'parse', done: true },
      { text: 'print', done: false },
    ]);
    expect(handover.files).toEqual(['a.ts', 'b.ts']);
  });

  it('knows the helpers of Codex, each until it has answered', () => {
    const event = (item: object) =>
      JSON.stringify({ payload: { type: 'item_completed', item: { type: 'CollabAgentToolCall', ...item } } });
    const spawned = (id: string, prompt: string) =>
      event({
        tool: 'spawn_agent',
        prompt,
        receiver_thread_ids: [id],
        agents_states: { [id]: 'pending_init' },
      });
    const notice = (id: string, status: object) => {
      const text = `<subagent_notification>\n${JSON.stringify({ agent_path: id, status })}\n</subagent_notification>`;
      const content = [{ type: 'input_text', text }];
      return JSON.stringify({ payload: { type: 'message', role: 'user', content } });
    };
    const handover = handoverOf(new CodexAdapter(config), [
      ...['a', 'b', 'c', 'd'].map((id) => spawned(id, `look for ${id}`)),
      notice('a', { completed: 'there is none' }),
      notice('b', { errored: 'limit' }),
      event({ tool: 'close_agent', agents_states: { c: 'shutdown' } }),
      event({ tool: 'wait_agent', agents_states: { d: 'running' } }),
    ]);
    expect(handover.helpers).toEqual(['look for b', 'look for d']);
  });
});
