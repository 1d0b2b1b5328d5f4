import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
import { agentBinary } from '../support/agent-binary.js';
import { runClaude } from '../support/agent-process.js';
import type { AgentRun } from '../support/agent-process.js';
import { createClaudeHome } from '../support/claude-home.js';
import type { ClaudeAccount, ClaudeHome } from '../support/claude-home.js';
import { isJsonRecord, parseJsonRecord } from '../support/json-lines.js';
import { multiTurnTask } from '../support/multi-turn-task.js';
import type { MultiTurnTask } from '../support/multi-turn-task.js';
import { ScriptedProvider } from '../support/provider/provider.js';
import type { LimitClaim, Step } from '../support/provider/step.js';
import { startService } from '../support/service-process.js';
import type { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import type { AuditLine, EpisodeAnswer, RunAnswer, Story } from './answers.js';
import { endProcessesOf } from './home-processes.js';

export const VERSIONS = ['2.1.197', '2.1.330'] as const;

const SETTLED = ['saved', 'parked', 'gave_up', 'cancelled'];
const TIMEOUT_MS = 120_000;

export interface ScenarioOptions {
  version: string;
  account?: ClaudeAccount;
  /** Settings of the service, as `section.key` and value; the defaults otherwise. */
  settings?: Record<string, string>;
}

export interface Limits {
  /** One limit after the other, each with its reset in so many seconds from the first. */
  resetsInSec: number[];
  claim?: LimitClaim;
  /** How long the first answer after the limits takes. */
  firstAnswerDelayMs?: number;
}

/** A real Claude Code, a scripted provider and the built service around one task. */
export class Scenario {
  /** The resets of the limits, in epoch milliseconds, once they are known. */
  resetsMs: number[] = [];
  readonly task: MultiTurnTask;

  private constructor(
    readonly provider: ScriptedProvider,
    readonly home: ClaudeHome,
    readonly binary: string,
    readonly settings: Record<string, string>,
    public service: ServiceProcess,
  ) {
    this.task = multiTurnTask(home.cwd, { limitStep: { type: 'usage_limit' } });
  }

  /** Whatever it could not finish it takes back itself. */
  static async open({
    version,
    account = 'subscription',
    settings = {},
  }: ScenarioOptions): Promise<Scenario> {
    const binary = await agentBinary('claude-code', version);
    const provider = await ScriptedProvider.start();
    const home = await createClaudeHome({ providerUrl: provider.url, account });
    try {
      return new Scenario(provider, home, binary, settings, await serve(home, binary, settings));
    } catch (error) {
      await provider.close();
      await home.dispose();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.service.stop();
    await endProcessesOf(this.home.path);
    await this.provider.close();
    await this.home.dispose();
  }

  /** First half, limits, second half. Resets are set when the limit comes next: a slow start takes nothing off them. */
  scriptLimits({ resetsInSec, claim = 'five_hour', firstAnswerDelayMs = 0 }: Limits): void {
    const { firstHalf, secondHalf } = this.task;
    this.provider.script(firstHalf);
    const off = this.provider.onRequest(() => {
      if (this.provider.requests.length < firstHalf.length) return;
      off();
      const nowSec = Math.floor(Date.now() / 1000);
      this.resetsMs = resetsInSec.map((seconds) => (nowSec + seconds) * 1000);
      const limits = this.resetsMs.map((ms): Step => ({ type: 'usage_limit', claim, resetAt: ms / 1000 }));
      const [next, ...rest] = secondHalf;
      if (next) this.provider.script([...limits, { ...next, delayMs: firstAnswerDelayMs }, ...rest]);
    });
  }

  /** Has the service start the task; returns the session's id. */
  async launch(permissionMode = 'acceptEdits'): Promise<string> {
    const { cwd } = this.home;
    const body = { agent: 'claude-code', cwd, prompt: this.task.prompt, permission_mode: permissionMode };
    const session = await this.service.post('/api/v1/sessions', body);
    if (!isJsonRecord(session)) throw new Error('The launch was not answered with a session');
    return String(session['id']);
  }

  /** Launches it to a limit and on to the moment in which the resume has asked the provider and has no answer yet. */
  async launchUntilResuming(firstAnswerDelayMs: number): Promise<{ id: string; pid: number }> {
    this.scriptLimits({ resetsInSec: [5], firstAnswerDelayMs });
    const id = await this.launch();
    const { length } = this.task.firstHalf;
    await until(async () => (this.provider.requests.length > length + 1 ? true : undefined), {
      timeoutMs: TIMEOUT_MS,
      failure: () => 'The resume asked nothing',
    });
    const { state, resumes } = await this.story(id);
    const pid = resumes[0]?.pid;
    if (state !== 'resuming' || !pid) throw new Error(`The session is ${state} in process ${pid}`);
    return { id, pid };
  }

  /** Starts the task as a user would, who knows nothing of the service. */
  startAgent(args: string[] = [], prompt = this.task.prompt): AgentRun {
    const all = ['--permission-mode', 'acceptEdits', '--output-format', 'json', ...args];
    return runClaude(this.home, this.binary, { prompt, args: all });
  }

  /** The same, to its failure; returns the session's id. */
  async adopt(): Promise<string> {
    const { code, stdout, stderr } = await this.startAgent().exit;
    if (code !== 1) throw new Error(`The agent was to fail and ended with ${code}:\n${stdout}\n${stderr}`);
    return String(parseJsonRecord(stdout)['session_id']);
  }

  /** Starts the task as a user would, to the moment in which a long tool call runs. */
  async startLongTool(): Promise<AgentRun> {
    const input = { command: 'touch started && sleep 100', description: 'Wait' };
    const tool: Step = { type: 'ok', text: 'I wait.', tools: [{ name: 'Bash', input }] };
    this.provider.script([...this.task.firstHalf.slice(0, 1), tool, ...this.task.secondHalf]);
    const run = this.startAgent(['--allowedTools', 'Bash']);
    await until(() => exists(join(this.home.cwd, 'started')), {
      timeoutMs: 60_000,
      failure: () => 'The tool did not start',
    });
    return run;
  }

  /** The only session there is, as soon as the service knows it. */
  async onlySession(): Promise<string> {
    const answer = await this.service.until('/api/v1/sessions', (list) => sessionsIn(list).length > 0);
    const [first, ...others] = sessionsIn(answer);
    if (!first || others.length > 0) throw new Error('There is more than one session');
    return first.id;
  }

  /** Asks for the episodes only: asking for a session would have the service look at its file. */
  async untilEpisode(id: string, wanted: (newest: EpisodeAnswer) => boolean): Promise<EpisodeAnswer> {
    const isThere = (answer: unknown) => episodesIn(answer).slice(0, 1).some(wanted);
    const path = `/api/v1/episodes?session_id=${id}`;
    const [newest] = episodesIn(await this.service.until(path, isThere, TIMEOUT_MS));
    if (!newest) throw new Error(`${id} has no episode`);
    return newest;
  }

  /** The story of a session once nothing more happens by itself. */
  async untilSettled(id: string): Promise<Story> {
    await this.untilEpisode(id, ({ state }) => SETTLED.includes(state));
    return this.story(id);
  }

  async story(id: string): Promise<Story> {
    const session = (await this.service.get(`/api/v1/sessions/${id}`)) as SessionAnswer;
    const { saves, waits } = (await this.service.get('/api/v1/status')) as StatusAnswer;
    const { state, episodes } = session;
    const resumes = session.runs.filter(({ kind }) => kind === 'resume').toReversed();
    return { state, episodes, audit: await this.audit(session), resumes, saves, waits };
  }

  /** Until the service has run for so many seconds: what it would do by itself it has done by then. */
  async untilUpFor(seconds: number): Promise<void> {
    const isUp = (status: unknown) => isJsonRecord(status) && Number(status['uptime_s']) > seconds;
    await this.service.until('/api/v1/status', isUp);
  }

  /** Kills the service as a power cut would, and starts it again on the same state. */
  async restartService(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    await this.service.kill('SIGKILL');
    await meanwhile();
    this.service = await serve(this.home, this.binary, this.settings);
  }

  private async audit({ episodes: [newest] }: SessionAnswer): Promise<AuditLine[]> {
    if (!newest) return [];
    const answer = await this.service.get(`/api/v1/episodes/${newest.id}`);
    return (answer as { audit: AuditLine[] }).audit;
  }
}

/** Opens scenarios and disposes of them after each test, also of one that failed. */
export function scenarios(): (options: ScenarioOptions) => Promise<Scenario> {
  const opened: Scenario[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((scenario) => scenario.dispose()));
  });
  return async (options) => {
    const scenario = await Scenario.open(options);
    opened.push(scenario);
    return scenario;
  };
}

interface SessionAnswer {
  id: string;
  state: string;
  episodes: EpisodeAnswer[];
  runs: RunAnswer[];
}

type StatusAnswer = Pick<Story, 'saves' | 'waits'>;

function serve(home: ClaudeHome, command: string, settings: Record<string, string>): Promise<ServiceProcess> {
  const stateDir = join(home.path, 'state');
  return startService({ env: home.env, stateDir, home: home.configDir, command, settings });
}

function sessionsIn(answer: unknown): SessionAnswer[] {
  return (answer as { sessions: SessionAnswer[] }).sessions;
}

function episodesIn(answer: unknown): EpisodeAnswer[] {
  return (answer as { episodes: EpisodeAnswer[] }).episodes;
}

async function exists(path: string): Promise<true | undefined> {
  return access(path).then(
    () => true,
    () => undefined,
  );
}
