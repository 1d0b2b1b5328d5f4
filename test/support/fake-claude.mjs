// A stand-in for `claude -p --output-format stream-json` (2.1.197): reads the prompt from stdin, writes a transcript
// and a stream as the recordings in test/fixtures/claude-code show them. The first prompt of the session decides:
//   complete    works, then ends its turn
//   slow        the same, but the work takes a while
//   limit-once  meets a usage limit of a second or two, completes when it is resumed
//   limit-long  the same with a limit of an hour
//   fail        is refused for lack of credit
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const SLOW_MS = Number(process.env.FAKE_CLAUDE_SLOW_MS ?? 3000);
const option = (name) => process.argv[process.argv.indexOf(name) + 1];
const isResume = process.argv.includes('--resume');
const sessionId = isResume ? option('--resume') : option('--session-id');
const permissionMode = process.argv.includes('--permission-mode') ? option('--permission-mode') : 'default';
const cwd = process.cwd();
const projects = join(process.env.CLAUDE_CONFIG_DIR ?? join(homedir(), '.claude'), 'projects');
const transcript = join(projects, cwd.replace(/[^a-zA-Z0-9]/g, '-'), `${sessionId}.jsonl`);
let parentUuid = null;

const usage = { input_tokens: 420, output_tokens: 40 };
const stream = (record) =>
  process.stdout.write(`${JSON.stringify({ ...record, session_id: sessionId, uuid: randomUUID() })}\n`);

/** Appends a record to the transcript and returns its id. */
function keep(record) {
  const uuid = randomUUID();
  const common = { userType: 'external', entrypoint: 'sdk-cli', cwd, sessionId, version: '2.1.197' };
  const timestamp = new Date().toISOString();
  const line = { parentUuid, isSidechain: false, ...record, uuid, timestamp, ...common };
  appendFileSync(transcript, `${JSON.stringify(line)}\n`);
  parentUuid = uuid;
}

function work(words, stop_reason) {
  const content = [{ type: 'text', text: words }];
  const message = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: 'claude-opus-4-8' };
  keep({ type: 'assistant', message: { ...message, content, stop_reason, usage } });
  stream({
    type: 'assistant',
    message: { ...message, content, stop_reason: null, usage },
    parent_tool_use_id: null,
  });
}

function finish(words, isError, status) {
  const outcome = { is_error: isError, api_error_status: status, num_turns: 1, result: words };
  stream({ type: 'result', subtype: 'success', ...outcome, permission_denials: [], usage });
  process.exitCode = isError ? 1 : 0;
}

function fail(error, status, words) {
  const content = [{ type: 'text', text: words }];
  const message = {
    id: randomUUID(),
    type: 'message',
    role: 'assistant',
    model: '<synthetic>',
    stop_reason: 'stop_sequence',
  };
  const facts = { error, isApiErrorMessage: true, apiErrorStatus: status };
  keep({ type: 'assistant', message: { ...message, content }, ...facts });
  stream({ type: 'assistant', message: { ...message, content }, parent_tool_use_id: null, error });
  finish(words, true, status);
}

function meetLimit(waitS) {
  const resetsAt = Math.ceil(Date.now() / 1000) + waitS;
  const rate_limit_info = { status: 'rejected', resetsAt, rateLimitType: 'five_hour' };
  stream({ type: 'rate_limit_event', rate_limit_info });
  const clock = new Date(resetsAt * 1000).toLocaleTimeString('en-US', {
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
  });
  const at = clock.replace(/\s/g, '').toLowerCase();
  fail('rate_limit', 429, `You've hit your session limit · resets ${at} (UTC)`);
}

function firstPrompt() {
  const [line] = readFileSync(transcript, 'utf8').split('\n');
  return JSON.parse(line).message.content;
}

if (process.argv.includes('--version')) {
  process.stdout.write('2.1.197 (Claude Code)\n');
  process.exit(0);
}
const given = await text(process.stdin);
if (isResume && !existsSync(transcript)) {
  process.stderr.write(`No conversation found with session ID: ${sessionId}\n`);
  process.exit(1);
}
const task = isResume ? firstPrompt() : given;
mkdirSync(join(transcript, '..'), { recursive: true });
keep({ type: 'user', message: { role: 'user', content: given }, permissionMode, promptSource: 'sdk' });
stream({ type: 'system', subtype: 'init', cwd, model: 'claude-opus-4-8', permissionMode });
if (task.includes('slow')) {
  work('I begin.', 'tool_use');
  await sleep(SLOW_MS);
}
if (task.includes('fail')) fail('billing_error', 400, 'Credit balance is too low');
else if (task.includes('limit-once') && !isResume) meetLimit(1);
else if (task.includes('limit-long') && !isResume) meetLimit(3600);
else {
  work('The task is complete.', 'end_turn');
  finish('The task is complete.', false, null);
}
