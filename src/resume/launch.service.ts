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
  agent: string;
  /** Absolute. */
  cwd: string;
  prompt: string;
  permissionMode?: string;
  model?: string;
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

  /** The new session, its process started. Throws `agent-unknown`, `agent-unavailable`, `launch-failed` or `cwd-missing`. */
  async launch(request: LaunchRequest): Promise<SessionSnapshot> {
    const { prompt, agent: agentId, permissionMode, model } = request;
    const agent = this.agents.get(agentId);
    const home = agent.homes()[0]?.home;
    if (home === undefined)
      throw new PalingenesisError(
        'agent-unavailable',
        `${agentId} is switched off: set agents.${agentId}.enabled`,
      );
    const contract: LaunchContract = {
      cwd: request.cwd,
      home,
      ...(permissionMode === undefined ? {} : { permissionMode }),
      ...(model === undefined ? {} : { model }),
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
