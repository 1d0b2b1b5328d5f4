import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import type { Episode } from '../core/episode.js';
import type { LoginSigns } from '../core/ports/agent.js';
import { LocalProbe, type ProgramState } from '../core/ports/local-probe.js';
import { SessionDirectory } from '../core/ports/session-directory.js';
import type { LaunchContract, SessionSnapshot } from '../core/session.js';
import type { Trouble } from '../core/trouble.js';

const MB = 1_000_000;

/** Whether the program is only looked up, or also has to tell its version. */
export type Depth = 'find-program' | 'run-program';

/** Looks whether a resume could be done: at the session, and at what it needs of this machine. Changes nothing. */
@Injectable()
export class LookAhead {
  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly sessions: SessionDirectory,
    private readonly probe: LocalProbe,
  ) {}

  /** All that is in the way of resuming an episode, as it looks now. */
  async troubles(episode: Episode, depth: Depth): Promise<readonly Trouble[]> {
    const session = await this.sessions.refresh(episode.sessionId);
    return [...inSession(episode, session), ...(await this.onMachine(episode, depth))];
  }

  /** The part of it that is not about the session itself. */
  async onMachine({ agent, contract }: Episode, depth: Depth): Promise<readonly Trouble[]> {
    if (contract === undefined) return [];
    const found = await Promise.all([
      this.#folder(contract),
      this.#program(agent, depth),
      this.#login(agent, contract),
      this.#disk(contract),
    ]);
    return found.filter((trouble) => trouble !== undefined);
  }

  async #folder({ cwd }: LaunchContract): Promise<Trouble | undefined> {
    if (await this.probe.isFolder(cwd)) return undefined;
    return {
      kind: 'cwd_missing',
      why: `the folder ${cwd} is gone: put it back, or start the work anew elsewhere`,
    };
  }

  async #program(agent: string, depth: Depth): Promise<Trouble | undefined> {
    const command = this.config.agents[agent]?.command;
    if (command === undefined) return undefined;
    const state =
      depth === 'find-program'
        ? await this.probe.findProgram(command)
        : await this.probe.tryProgram(command, this.config.resume.versionTimeoutS * 1000);
    return programTrouble(state, agent, command);
  }

  async #login(agent: string, { home }: LaunchContract): Promise<Trouble | undefined> {
    const signs = this.agents.get(agent).loginSigns(home);
    if (signs === undefined || (await this.#shows(signs))) return undefined;
    return {
      kind: 'not_logged_in',
      why: `no login of ${agent} is found in ${home}: log in, where it is not elsewhere`,
    };
  }

  async #shows({ files, variables }: LoginSigns): Promise<boolean> {
    if (variables.some((variable) => this.probe.isSet(variable))) return true;
    const texts = await Promise.all(files.map(({ path }) => this.probe.textOf(path)));
    return files.some(({ says }, index) => says.test(texts[index] ?? ''));
  }

  async #disk({ home }: LaunchContract): Promise<Trouble | undefined> {
    const { minFreeMb } = this.config.resume;
    for (const path of [this.config.state.dir, home]) {
      const freeBytes = await this.probe.freeBytes(path);
      if (freeBytes !== undefined && freeBytes < minFreeMb * MB) {
        const left = Math.floor(freeBytes / MB);
        const why = `only ${left} MB are free where ${path} is (resume.min_free_mb = ${minFreeMb}): make room`;
        return { kind: 'disk_full', why };
      }
    }
    return undefined;
  }
}

function programTrouble(state: ProgramState, agent: string, command: string): Trouble | undefined {
  if (state.kind === 'missing')
    return {
      kind: 'program_missing',
      why: `no program "${command}" is found: install it, or set agents.${agent}.command`,
    };
  if (state.kind === 'fails')
    return { kind: 'program_fails', why: `${state.path} does not run: ${state.why}` };
  return undefined;
}

function inSession({ stop }: Episode, session: SessionSnapshot | undefined): readonly Trouble[] {
  if (session?.path === undefined) return [{ kind: 'session_missing', why: 'the session file is gone' }];
  const { turn } = session.view;
  if (!('recordId' in turn) || turn.recordId !== stop.recordId)
    return [{ kind: 'session_moved_on', why: 'the session is not at its stop any more' }];
  if (session.liveness !== 'alive' || session.stop?.waitsItself === true) return [];
  const holder = session.pid === undefined ? 'a live process' : `process ${session.pid}`;
  return [{ kind: 'live_writer', why: `${holder} has the session open: close it, or go on there` }];
}
