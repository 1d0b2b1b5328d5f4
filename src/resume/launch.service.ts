import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { messageOf, PalingenesisError } from '../core/errors.js';
import { newId } from '../core/ids.js';
import type { Agent } from '../core/ports/agent.js';
import { Clock } from '../core/ports/clock.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { Run } from '../core/run.js';
import type { LaunchContract, SessionSnapshot } from '../core/session.js';
import { RunRepository } from '../store/run.repository.js';
import { ResumeSpans } from './resume-spans.js';
import { RunService } from './run.service.js';

export type LaunchRequest = Readonly<{
  /** The first that is switched on by default. */
  agent?: string;
  /** Absolute. */
  cwd: string;
  prompt: string;
  permissionMode?: string;
  model?: string;
  /** Tools it may use without asking, in the agent's own words. */
  allowedTools?: readonly string[];
}>;

/** Starts runs of our own, owned from the first token. */
@Injectable()
export class LaunchService {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
    private readonly runs: RunRepository,
    private readonly runService: RunService,
    private readonly spans: ResumeSpans,
  ) {}

  /**
   * The new session, its process started. Throws `agent-unknown`, `agent-unavailable`, `launch-failed`, `cwd-missing` or,
   * where the agent takes no list of tools, `invalid-request`.
   */
  async launch(request: LaunchRequest): Promise<SessionSnapshot> {
    const { prompt, permissionMode, model, allowedTools = [] } = request;
    const { agent, home } = this.#agentFor(request.agent);
    const contract: LaunchContract = {
      cwd: request.cwd,
      home,
      ...(permissionMode === undefined ? {} : { permissionMode }),
      ...(model === undefined ? {} : { model }),
      ...(allowedTools.length === 0 ? {} : { args: argsAllowing(agent, allowedTools) }),
    };
    const run = this.spans.launch(this.#newRun(agent, contract));
    await this.runs.create(run);
    try {
      return this.#announce(await this.runService.start(run, agent.launch(run.sessionId, contract, prompt)));
    } catch (error) {
      this.spans.notStarted(run.id, messageOf(error));
      await this.runs.remove(run.id);
      throw error;
    }
  }

  #agentFor(id: string | undefined): { agent: Agent; home: string } {
    for (const agent of id === undefined ? this.agents.all() : [this.agents.get(id)]) {
      const [home] = agent.configuredHomes();
      if (home !== undefined) return { agent, home };
    }
    const name = id ?? '<id>';
    const what = id ?? 'every agent';
    throw new PalingenesisError('agent-unavailable', `${what} is switched off: set agents.${name}.enabled`);
  }

  #newRun(agent: Agent, contract: LaunchContract): Run {
    const startedAtMs = this.clock.nowMs();
    const id = newId('run', startedAtMs, randomUUID());
    const sessionId = agent.takesSessionId ? randomUUID() : id;
    return { id, kind: 'launch', agent: agent.id, sessionId, contract, startedAtMs };
  }

  #announce({ agent, sessionId, contract }: Run): SessionSnapshot {
    this.sessions.expect(agent, sessionId, contract);
    const session = this.sessions.find(sessionId);
    if (session === undefined) throw new Error(`session ${sessionId} was announced and is not known`);
    return session;
  }
}

function argsAllowing(agent: Agent, tools: readonly string[]): readonly string[] {
  const args = agent.argsAllowing(tools);
  if (args !== undefined) return args;
  throw new PalingenesisError(
    'invalid-request',
    `allowed_tools: ${agent.id} takes no list of tools; say what it may do by permission_mode`,
  );
}
