import { NativeLogger, PinoLogger, type Params } from 'nestjs-pino';

/** What Nest says of its own start-up; a person starting the service wants our lines. */
const START_UP = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/**
 * What stands behind Nest's `Logger`: an object after the message becomes fields of the record. Nest's start-up
 * chatter is kept for `debug`.
 */
export class NestLogger extends NativeLogger {
  constructor(pinoHttp: Params['pinoHttp']) {
    const params: Params = { ...(pinoHttp && { pinoHttp }), nativeLogger: { flattenParams: true } };
    super(new PinoLogger(params), params);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && START_UP.has(context)) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}
