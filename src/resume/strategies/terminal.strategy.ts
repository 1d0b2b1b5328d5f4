import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { Config } from '../../config/config.js';
import { Clock } from '../../core/ports/clock.js';
import type { AgentTerminal } from '../../core/ports/live-surface.js';
import { isFull, no, Strategy, type Attempt, type Fit, type Work } from '../../core/ports/strategy.js';
import type { ProcessClaim } from '../../core/session.js';
import { Tmux, type TmuxPane } from '../../platform/tmux.js';
import { isSoon, pause } from './is-soon.js';
import { ResumeStrategy } from './resume-strategy.decorator.js';

/** An Enter that follows a text too closely is taken as part of a paste, a letter after Escape as a shortcut. */
const PAUSE_MS = 500;
const READY_WITHIN_MS = 15_000;
const COMPACTS_WITHIN_MS = 3000;

type Open = Readonly<{ pane: TmuxPane; terminal: AgentTerminal; attempt: Attempt }>;

/** Types into the tmux pane of the process that holds the session, dialogs closed first. */
@ResumeStrategy()
@Injectable()
export class TerminalStrategy extends Strategy {
  readonly id = 'terminal';
  readonly rank = 30;
  readonly kind = 'same-session';
  readonly throughHolder = true;

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly tmux: Tmux,
  ) {
    super();
  }

  async fit(attempt: Attempt): Promise<Fit> {
    const { episode, session } = attempt;
    if (!this.config.resume.tmux) return no('typing into terminals is switched off (resume.tmux = false)');
    if (this.agents.get(episode.agent).terminal === undefined)
      return no(`how ${episode.agent} takes keys is not known`);
    const staysFull = isFull(attempt) ? this.#staysFull(attempt) : undefined;
    if (staysFull !== undefined) return no(staysFull);
    if (session.liveness !== 'alive' || session.pid === undefined)
      return no('no live process holds the session');
    const claim = await this.#claimOf(attempt);
    if (claim?.busy === true || claim?.asks !== undefined)
      return no('its process is at work or asks something');
    const pane = await this.tmux.paneOf(session.pid);
    return pane === undefined
      ? no(`process ${session.pid} is not in the foreground of a tmux pane`)
      : {
          applies: true,
          why: `process ${session.pid} holds the session in tmux pane ${pane.id}${isFull(attempt) ? ', where it is compacted first' : ''}`,
        };
  }

  /** Why compacting it there would not help, or cannot be done. */
  #staysFull(attempt: Attempt): string | undefined {
    const { episode, session, contract } = attempt;
    const agent = this.agents.get(episode.agent);
    if (this.wasTaken(attempt)) return 'the context stayed full when it was compacted there';
    const isKnown =
      agent.terminal?.compact !== undefined || agent.compaction(session.id, contract) === 'on-resume';
    return isKnown ? undefined : `how ${episode.agent} is told there to compact is not known`;
  }

  async prepare(attempt: Attempt): Promise<Work> {
    const { terminal } = this.agents.get(attempt.episode.agent);
    const pane = await this.tmux.paneOf(attempt.session.pid ?? 0);
    if (pane === undefined || terminal === undefined) throw new Error('the pane of the session is gone');
    return { kind: 'live', act: () => this.#tell({ pane, terminal, attempt }) };
  }

  async #tell(open: Open): Promise<void> {
    const { terminal, attempt } = open;
    await this.#closeDialog(open);
    if (isFull(attempt) && terminal.compact !== undefined) {
      await this.#enter(open, terminal.compact);
      // What is typed while it compacts is taken up afterwards.
      await this.#claims(attempt, 'busy', COMPACTS_WITHIN_MS);
    }
    // A line break would send what comes before it.
    await this.#enter(open, this.config.resume.prompt.replaceAll(/\s+/g, ' ').trim());
  }

  async #enter({ pane, terminal }: Open, text: string): Promise<void> {
    await this.tmux.type(pane, text);
    await pause(this.clock, PAUSE_MS);
    if (!isAlone(text, await this.tmux.screen(pane), terminal)) {
      await this.tmux.press(pane, 'BSpace', text.length);
      throw new Error('something was typed there already: it is left as it was');
    }
    await this.tmux.press(pane, 'Enter');
  }

  /** Where the agent says whether it waits for input, until it does; else the dialog it may show is closed. */
  async #closeDialog({ pane, terminal: { dialogKey }, attempt }: Open): Promise<void> {
    const first = await this.#claimOf(attempt);
    if (first?.idle === true || dialogKey === undefined) return;
    await this.tmux.press(pane, dialogKey);
    await pause(this.clock, PAUSE_MS);
    if (first === undefined) return;
    if (!(await this.#claims(attempt, 'idle', READY_WITHIN_MS))) throw new Error('its dialog does not close');
  }

  /** Whether its holder says that it is so, within a time. */
  #claims(attempt: Attempt, state: 'idle' | 'busy', withinMs: number): Promise<boolean> {
    return isSoon(this.clock, withinMs, async () => (await this.#claimOf(attempt))?.[state] === true);
  }

  /** What the holder says of itself now, where the agent's processes do. */
  async #claimOf({ episode, session }: Attempt): Promise<ProcessClaim | undefined> {
    const agent = this.agents.get(episode.agent);
    const { holders } = agent.layoutOf(session.home);
    if (holders.kind !== 'claims') return undefined;
    const names = await readdir(holders.folder.path).catch(() => []);
    for (const name of names) {
      const text = await readFile(join(holders.folder.path, name), 'utf8').catch(() => '');
      const claim = agent.claimOf(text);
      if (claim?.sessionId === session.id && claim.pid === session.pid) return claim;
    }
    return undefined;
  }
}

/** Whether the input holds what was typed and nothing before it, as far as the screen tells. */
function isAlone(text: string, screen: string, { promptSign }: AgentTerminal): boolean {
  if (promptSign === undefined) return true;
  const start = screen.lastIndexOf(promptSign);
  if (start === -1) return true;
  const squeeze = (words: string): string => words.replaceAll(/\s/g, '');
  return squeeze(screen.slice(start + promptSign.length)).startsWith(squeeze(text));
}
