#!/usr/bin/env node
// A first save to look at, without any account: a real Claude Code runs into a scripted usage limit, and the service
// waits it out and resumes it. Run it with `npm run demo`.
import '../test/support/type-strip.mjs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installAgent } from './install-agent.mjs';

const { createClaudeHome } = await import('../test/support/claude-home.ts');
const { endProcessesOf } = await import('../test/agents/home-processes.ts');
const { multiTurnTask } = await import('../test/support/multi-turn-task.ts');
const { ScriptedProvider } = await import('../test/support/provider/provider.ts');
const { startService } = await import('../test/support/service-process.ts');

const VERSION = '2.1.330';
const AGENT_DIR = fileURLToPath(new URL('../.demo', import.meta.url));
const RESET_IN_SEC = 15;
const TIMEOUT_MS = 120_000;
const isTerminal = process.stdout.isTTY;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

const cleanups = [];
let isInterrupted = false;

for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => void interrupt(code));
try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  if (!isInterrupted) process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}

async function demo() {
  say(
    'Palingenesis demo: Claude Code hits a usage limit, and the service brings it back.',
    'No account is needed: the provider is a script on this machine. After Claude Code itself has come from',
    'the npm registry, nothing leaves this machine.',
    '',
  );
  const stage = await setStage(await install());
  const id = await launch(stage);
  const { due_at: dueAt, stop } = await untilEpisode(stage.service, id, isPlanned);
  tell(`The run has stopped: ${stop.evidence.text}`);
  tell(`The service waits until ${time(dueAt)}: the reset at ${time(stop.reset.at)} and a margin`);
  const endCountdown = countDown(Date.parse(dueAt));
  await untilEpisode(stage.service, id, ({ state }) => state !== 'waiting').finally(endCountdown);
  tell('It is time: the service resumes the same session');
  const episode = await untilEpisode(stage.service, id, isSettled);
  return report(stage, episode);
}

async function install() {
  tell(`Claude Code ${VERSION}: taking it from .demo/, or from the npm registry the first time`);
  const installing = installAgent('claude-code', VERSION, { dir: AGENT_DIR });
  // An installation that is broken off still puts its own folder away.
  cleanups.push(() => installing.catch(() => undefined));
  return installing;
}

async function setStage(command) {
  const provider = await ScriptedProvider.start();
  cleanups.push(() => provider.close());
  const home = await createClaudeHome({ providerUrl: provider.url, account: 'subscription' });
  cleanups.push(() => home.dispose());
  // The agent is no child of ours: the service starts it so that it outlives the service.
  cleanups.push(() => endProcessesOf(home.path));
  const stateDir = join(home.path, 'state');
  const service = await startService({ env: home.env, stateDir, home: home.configDir, command });
  cleanups.push(() => service.stop());
  tell(`Scripted provider at ${provider.url}, service at ${service.url}`);
  return { provider, home, service };
}

async function launch(stage) {
  const { provider, home, service } = stage;
  const resetAt = Math.floor(Date.now() / 1000) + RESET_IN_SEC;
  stage.task = multiTurnTask(home.cwd, { limitStep: { type: 'usage_limit', resetAt } });
  provider.script(stage.task.steps);
  provider.onRequest(() => {
    const step = stage.task.steps[provider.requests.length - 1];
    tell(`Claude Code asks; the provider: ${step?.text ?? '429, the five-hour limit is used up'}`);
  });
  const { prompt } = stage.task;
  tell(`The service launches Claude Code: "${prompt}"`);
  const body = { agent: 'claude-code', cwd: home.cwd, prompt, permission_mode: 'acceptEdits' };
  return (await service.post('/api/v1/sessions', body)).id;
}

async function report({ provider, service, task }, { id, state, why }) {
  const { audit } = await service.get(`/api/v1/episodes/${id}`);
  const asked = requestsDuring(audit, provider);
  const isSaved = state === 'saved' && asked === 0 && (await task.isFinished());
  say('', 'The audit trail of the episode:');
  for (const line of audit) say(`  ${time(line.at)}  ${line.to.padEnd(10)} ${line.why}`);
  const written = await readFile(task.expectedFile, 'utf8').catch(() => '');
  say('', `The file, half of it written after the limit: ${written.trim().split('\n').join(', ')}`);
  if (!isSaved) {
    say(`NOT as it should be: the episode is ${state} (${why}); requests during the wait: ${asked}.`);
    return false;
  }
  say(
    `Saved: the same session, one resume, ${provider.requests.length} requests, none of them during the wait.`,
    '',
    'Where to go next:',
    '  npm start            watches your own Claude Code sessions and resumes them the same way',
    '  curl -s http://127.0.0.1:7654/api/v1/status     tells what it sees and what it waits for',
    '  config/default.toml  has every option with its default',
  );
  return true;
}

function requestsDuring(audit, provider) {
  const [fromMs, toMs] = ['waiting', 'resuming'].map((state) =>
    Date.parse(audit.find(({ to }) => to === state)?.at),
  );
  return provider.log.filter(({ at }) => at > fromMs && at < toMs).length;
}

/** Planned by what the agent states, which it says a moment after its words. */
function isPlanned({ state, stop }) {
  return state === 'waiting' && stop.reset?.source === 'structured';
}

function isSettled({ state }) {
  return ['saved', 'parked', 'gave_up', 'cancelled'].includes(state);
}

async function untilEpisode(service, sessionId, wanted) {
  const newest = ({ episodes: [episode] }) =>
    episode !== undefined && (wanted(episode) || isSettled(episode));
  return (await service.until(`/api/v1/episodes?session_id=${sessionId}`, newest, TIMEOUT_MS)).episodes[0];
}

/** In place on a terminal, a line every five seconds elsewhere; returns the way to end it. */
function countDown(dueMs) {
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((dueMs - Date.now()) / 1000));
    const line = `  … ${seconds} s to go, nothing is asked meanwhile`;
    process.stdout.write(isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  };
  tick();
  const timer = setInterval(tick, isTerminal ? 200 : 5000);
  return () => {
    clearInterval(timer);
    if (isTerminal) process.stdout.write('\r\x1b[K');
  };
}

function tell(line) {
  say(`${time()}  ${line}`);
}

function say(...lines) {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function time(at = Date.now()) {
  return new Date(at).toLocaleTimeString('en-GB');
}

async function interrupt(code) {
  if (isInterrupted) return;
  isInterrupted = true;
  process.stdout.write('\nInterrupted; cleaning up …\n');
  await cleanUp();
  process.exit(code);
}

/** The last thing set up goes first; one that fails keeps none of the others. */
async function cleanUp() {
  for (const undo of cleanups.splice(0).reverse()) {
    await undo().catch((error) => process.stderr.write(`While cleaning up: ${error.message}\n`));
  }
}
