import { Module } from '@nestjs/common';
import { OpenCodeAdapter } from './opencode.adapter.js';

/** Owns what Palingenesis knows about OpenCode. Emits nothing. */
@Module({ providers: [OpenCodeAdapter], exports: [OpenCodeAdapter] })
export class OpenCodeModule {}
