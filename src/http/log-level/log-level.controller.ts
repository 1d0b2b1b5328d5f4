import { Body, Controller, Get, Logger, Put } from '@nestjs/common';
import { Logs } from '../../logging/logs.js';
import { LogLevelDto } from './log-level.dto.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { objectOf, oneOf } from '../openapi/schema.js';
import { LOG_LEVELS } from '../../config/settings.js';

const LEVEL = objectOf({ level: oneOf(LOG_LEVELS) });

@Controller('api/v1/log-level')
export class LogLevelController {
  readonly #log = new Logger('Logs');

  constructor(private readonly logs: Logs) {}

  @ApiRoute({ summary: 'Least severe level that is logged', answer: { schema: LEVEL } })
  @Get()
  show(): LogLevelDto {
    return { level: this.logs.level };
  }

  /** Counts until the next start, or until the settings are read again. */
  @ApiRoute({ summary: 'Log more or less until the next start', answer: { schema: LEVEL } })
  @Put()
  change(@Body() { level }: LogLevelDto): LogLevelDto {
    this.logs.level = level;
    this.#log.log(`the log level is ${level} now`);
    return { level };
  }
}
