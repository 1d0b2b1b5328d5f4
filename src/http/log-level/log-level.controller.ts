import { Body, Controller, Get, Logger, Put } from '@nestjs/common';
import { Logs } from '../../logging/logs.js';
import { LogLevelDto } from './log-level.dto.js';

@Controller('api/v1/log-level')
export class LogLevelController {
  readonly #log = new Logger('Logs');

  constructor(private readonly logs: Logs) {}

  @Get()
  show(): LogLevelDto {
    return { level: this.logs.level };
  }

  /** Counts until the next start, or until the settings are read again. */
  @Put()
  change(@Body() { level }: LogLevelDto): LogLevelDto {
    this.logs.level = level;
    this.#log.log(`the log level is ${level} now`);
    return { level };
  }
}
