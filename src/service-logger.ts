import { ConsoleLogger } from '@nestjs/common';

/** What Nest says of its own start-up; a person starting the service wants our lines. */
const START_UP = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's console logger, with its start-up chatter kept for `debug`. */
export class ServiceLogger extends ConsoleLogger {
  constructor() {
    super({ prefix: 'palingenesis', colors: process.stdout.isTTY === true });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && START_UP.has(context)) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}
