import { Injectable, Logger } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { AccountProbe, type AccountAnswer } from '../core/ports/account-probe.js';
import { withDaemon } from './daemon-call.js';

/** Asks the daemon of an agent, where one runs that can tell. */
@Injectable()
export class DaemonProbe extends AccountProbe {
  readonly #log = new Logger('Accounts');

  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
  ) {
    super();
  }

  override async probe(agent: string, home: string): Promise<AccountAnswer | undefined> {
    const daemon = this.agents.get(agent).layoutOf(home).daemon;
    const quota = daemon?.quota;
    if (daemon === undefined || quota === undefined) return undefined;
    try {
      const timeoutMs = this.config.monitor.serverTimeoutS * 1000;
      return await withDaemon(daemon, timeoutMs, async (rpc) => quota.meaning(await rpc.call(quota.ask)));
    } catch (error) {
      // Mostly none runs; one that is logged in with an API key has no quota to tell of.
      this.#log.debug(`the daemon of ${agent} in ${home} does not tell its quota: ${messageOf(error)}`);
      return undefined;
    }
  }
}
