import { Module } from '@nestjs/common';
import { GeminiCliAdapter } from './gemini-cli.adapter.js';

/** Owns what Palingenesis knows about Gemini CLI. Emits nothing. */
@Module({ providers: [GeminiCliAdapter], exports: [GeminiCliAdapter] })
export class GeminiCliModule {}
