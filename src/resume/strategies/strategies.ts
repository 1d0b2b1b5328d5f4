import type { Type } from '@nestjs/common';
import type { Strategy } from '../../core/ports/strategy.js';
import { CompactStrategy } from './compact.strategy.js';
import { DaemonStrategy } from './daemon.strategy.js';
import { HeadlessStrategy } from './headless.strategy.js';
import { NewSessionStrategy } from './new-session.strategy.js';
import { ServerStrategy } from './server.strategy.js';
import { TerminalStrategy } from './terminal.strategy.js';

/** One line per strategy; the order they are asked in is that of their ranks. */
export const STRATEGIES: readonly Type<Strategy>[] = [
  ServerStrategy,
  DaemonStrategy,
  TerminalStrategy,
  CompactStrategy,
  HeadlessStrategy,
  NewSessionStrategy,
];
