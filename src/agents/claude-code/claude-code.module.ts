import { Module } from '@nestjs/common';
import { ClaudeCodeAdapter } from './claude-code.adapter.js';

/** Owns what Palingenesis knows about Claude Code. Emits nothing. */
@Module({ providers: [ClaudeCodeAdapter], exports: [ClaudeCodeAdapter] })
export class ClaudeCodeModule {}
