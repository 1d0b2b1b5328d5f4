import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AgentCatalog } from './agent-catalog.js';
import { ClaudeCodeModule } from './claude-code/claude-code.module.js';
import { CodexModule } from './codex/codex.module.js';
import { GeminiCliModule } from './gemini-cli/gemini-cli.module.js';
import { OpenCodeModule } from './opencode/opencode.module.js';

/** One line per agent. */
const AGENT_MODULES = [ClaudeCodeModule, CodexModule, OpenCodeModule, GeminiCliModule];

/** Owns the catalogue of agent adapters. Emits nothing. */
@Global()
@Module({
  imports: [DiscoveryModule, ...AGENT_MODULES],
  providers: [AgentCatalog],
  exports: [AgentCatalog],
})
export class AgentsModule {}
