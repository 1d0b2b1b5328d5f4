import { readFileSync, readdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const SOURCES = new URL('../../src/', import.meta.url);
const PROJECT = '/home/dev/project';
/** How long the outputs of tools are, in characters. */
const OUTPUTS = [300, 900, 2_000, 4_000, 8_000, 16_000, 30_000];
const MESSAGES = [80, 200, 400, 900, 2_000];

function recording(agent, scenario, pattern) {
  const folder = new URL(`${agent}/${scenario}/`, FIXTURES);
  const file = readdirSync(folder, { recursive: true }).find((name) => pattern.test(name));
  const lines = readFileSync(new URL(file, folder), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Program text, as tools print and models write it. */
const TEXT = readdirSync(SOURCES, { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .toSorted()
  .map((name) => readFileSync(new URL(name, SOURCES), 'utf8'))
  .join('\n');

let position = 0;
function textOf(lengths, n) {
  const length = lengths[n % lengths.length];
  if (position + length > TEXT.length) position = 0;
  position += length;
  return TEXT.slice(position - length, position);
}

const isoNow = () => new Date().toISOString();

/** A Claude Code session: `begin` leaves its turn open, `work` goes on with it, `stop` is a limit. */
function claudeCode() {
  const turn = recording('claude-code', 'multi_turn_with_tools', /projects\/.*\.jsonl$/);
  const limited = recording('claude-code', 'usage_limit', /projects\/.*\.jsonl$/);
  const originalId = turn[0].sessionId;
  const error = limited.find((record) => record.isApiErrorMessage === true);
  const [say, use] = turn.filter(({ type }) => type === 'assistant');
  const result = turn.find((record) => record.toolUseResult !== undefined);
  const ended = turn.findLastIndex(({ type }) => type === 'assistant');
  const mode = { type: 'permission-mode', permissionMode: 'acceptEdits', sessionId: originalId };
  const fresh = () => ({ uuid: randomUUID(), parentUuid: randomUUID(), timestamp: isoNow() });
  return {
    originalId,
    pathOf: (home, { id, cwd }) => join(home, 'projects', cwd.replace(/[^a-zA-Z0-9]/g, '-'), `${id}.jsonl`),
    begin: [mode, ...turn.slice(0, ended)],
    end: turn.slice(ended),
    work: (n) => {
      const output = textOf(OUTPUTS, n);
      const content = [{ ...result.message.content[0], content: output }];
      return [
        {
          ...say,
          ...fresh(),
          message: { ...say.message, content: [{ type: 'text', text: textOf(MESSAGES, n) }] },
        },
        { ...use, ...fresh() },
        {
          ...result,
          ...fresh(),
          message: { ...result.message, content },
          toolUseResult: { stdout: output, stderr: '', interrupted: false, isImage: false },
        },
      ];
    },
    stop: (resetAtS) => [
      {
        ...error,
        ...fresh(),
        sessionId: originalId,
        quotaLimits: { status: 'rejected', resetsAt: resetAtS, rateLimitType: 'five_hour' },
      },
    ],
  };
}

function codex() {
  const turn = recording('codex', 'multi_turn_with_tools', /rollout-/);
  const limited = recording('codex', 'usage_limit', /rollout-/);
  const is = (name) => (record) => record.payload.type === name;
  const originalId = turn[0].payload.id;
  const item = (type) => turn.find(({ payload }) => payload.item?.type === type);
  const [message, command, counted] = [
    item('AgentMessage'),
    item('CommandExecution'),
    turn.find(is('token_count')),
  ];
  const [said, called, output] = ['message', 'function_call', 'function_call_output'].map((name) =>
    turn.findLast(is(name)),
  );
  const usage = turn.find(({ type }) => type === 'token_usage_record');
  const ended = turn.findLastIndex(is('task_complete'));
  const [full, failed] = [limited.findLast(is('token_count')), limited.findLast(is('task_complete'))];
  const at = (record, payload) => ({
    ...record,
    timestamp: isoNow(),
    payload: { ...record.payload, ...payload },
  });
  return {
    originalId,
    pathOf: (home, { id, day }) =>
      join(home, 'sessions', ...day.split('-'), `rollout-${day}T12-00-00-${id}.jsonl`),
    begin: turn.slice(0, ended),
    end: turn.slice(ended),
    work: (n) => {
      const [text, printed] = [textOf(MESSAGES, n), textOf(OUTPUTS, n)];
      return [
        at(message, {
          item: { ...message.payload.item, id: randomUUID(), content: [{ type: 'Text', text }] },
        }),
        at(said, { content: [{ type: 'output_text', text, annotations: [] }] }),
        at(called, {}),
        at(usage, {}),
        at(command, { item: { ...command.payload.item, id: randomUUID(), aggregated_output: printed } }),
        at(output, { output: printed }),
        at(counted, {}),
      ];
    },
    stop: (resetAtS) => {
      const { rate_limits: limits } = full.payload;
      const primary = { ...limits.primary, resets_at: resetAtS };
      const { turn_id: turnId } = turn[ended].payload;
      return [
        at(full, { rate_limits: { ...limits, primary } }),
        at(failed, { turn_id: turnId, root_turn_id: turnId }),
      ];
    },
  };
}

function geminiCli() {
  const turn = recording('gemini-cli', 'multi_turn_with_tools', /session-.*\.jsonl$/);
  const originalId = turn[0].sessionId;
  const said = turn.find(({ type }) => type === 'gemini');
  const used = turn.find(({ toolCalls }) => toolCalls !== undefined);
  const answered = turn.find(({ content }) => content?.[0]?.functionResponse !== undefined);
  const ended = turn.findLastIndex(({ type }) => type === 'gemini');
  const responded = (response, output) => ({
    functionResponse: { ...response.functionResponse, response: { output } },
  });
  const touched = () => ({ $set: { lastUpdated: isoNow() } });
  return {
    originalId,
    pathOf: (home, { id, project }) =>
      join(home, 'tmp', project, 'chats', `session-2026-11-22T12-43-${id.slice(0, 8)}.jsonl`),
    begin: turn.slice(0, ended),
    end: turn.slice(ended),
    work: (n) => {
      const [message, output] = [
        { id: randomUUID(), timestamp: isoNow(), content: textOf(MESSAGES, n) },
        textOf(OUTPUTS, n),
      ];
      const [call] = used.toolCalls;
      const result = [responded(call.result[0], output)];
      const toolCalls = [{ ...call, result, resultDisplay: output }];
      return [
        { ...said, ...message },
        touched(),
        { ...used, ...message, toolCalls },
        {
          ...answered,
          id: randomUUID(),
          timestamp: isoNow(),
          content: [responded(answered.content[0], output)],
        },
        touched(),
      ];
    },
  };
}

/** How the sessions of each agent that keeps them in files look, after its recordings. */
export const MOULDS = { 'claude-code': claudeCode(), codex: codex(), 'gemini-cli': geminiCli() };

/** Records as the lines of one session's file. */
export function linesOf(mould, { id, cwd }, records) {
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return text.replaceAll(mould.originalId, id).replaceAll(PROJECT, cwd);
}
