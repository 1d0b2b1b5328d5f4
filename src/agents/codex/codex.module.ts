import { Module } from '@nestjs/common';
import { CodexAdapter } from './codex.adapter.js';

/** Owns what Palingenesis knows about Codex. Emits nothing. */
@Module({ providers: [CodexAdapter], exports: [CodexAdapter] })
export class CodexModule {}
