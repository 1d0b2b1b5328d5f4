import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { PalingenesisError } from '../core/errors.js';
import { Agent } from '../core/ports/agent.js';
import { AgentAdapter } from './agent-adapter.decorator.js';

/** Every adapter of the application, by id. */
@Injectable()
export class AgentCatalog implements OnModuleInit {
  readonly #agents = new Map<string, Agent>();

  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders({ metadataKey: AgentAdapter.KEY })) {
      if (!(instance instanceof Agent))
        throw new Error(`${String(instance)} is marked @AgentAdapter but is no Agent`);
      if (this.#agents.has(instance.id)) throw new Error(`two adapters claim the agent id "${instance.id}"`);
      this.#agents.set(instance.id, instance);
    }
  }

  all(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  /** Throws `agent-unknown`, naming the ids there are. */
  get(id: string): Agent {
    const agent = this.#agents.get(id);
    if (agent !== undefined) return agent;
    const known = [...this.#agents.keys()].join(', ') || 'none';
    throw new PalingenesisError('agent-unknown', `no agent "${id}"; known: ${known}`);
  }
}
