import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AgentCatalog } from './agent-catalog.js';
import { ClaudeCodeModule } from './claude-code/claude-code.module.js';

/** One line per agent. */
const AGENT_MODULES = [ClaudeCodeModule];

/** Owns the catalogue of agent adapters. Emits nothing. */
@Global()
@Module({
  imports: [DiscoveryModule, ...AGENT_MODULES],
  providers: [AgentCatalog],
  exports: [AgentCatalog],
})
export class AgentsModule {}
