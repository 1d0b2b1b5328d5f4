import { IsIn } from 'class-validator';
import { LOG_LEVELS, type LogLevel } from '../../config/settings.js';

export class LogLevelDto {
  @IsIn(LOG_LEVELS, { message: `level: "$value" is not one of ${LOG_LEVELS.join(', ')}` })
  readonly level: LogLevel;
}
