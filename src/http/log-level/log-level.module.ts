import { Module } from '@nestjs/common';
import { LogLevelController } from './log-level.controller.js';

/** Owns the route that changes the log level of the running service. Emits nothing. */
@Module({ controllers: [LogLevelController] })
export class LogLevelModule {}
