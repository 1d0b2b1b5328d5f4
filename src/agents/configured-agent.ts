import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { AgentSettings } from '../config/settings.js';
import { Agent } from '../core/ports/agent.js';

/** An agent adapter whose homes and program are in the settings, under its id. */
@Injectable()
export abstract class ConfiguredAgent extends Agent {
  /** Agents name times in their own zone, which is this machine's unless they say another. */
  protected readonly zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  constructor(protected readonly config: Config) {
    super();
  }

  configuredHomes(): readonly string[] {
    const { enabled, home } = this.settings;
    return enabled ? home : [];
  }

  protected get settings(): AgentSettings {
    return this.config.agent(this.id);
  }
}
