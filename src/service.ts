import { Logger, ValidationPipe, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { Config } from './config/config.js';
import type { LoadOptions } from './config/load-settings.js';
import { messageOf } from './core/errors.js';
import { EventBus } from './core/ports/event-bus.js';
import { Telemetry, under } from './core/ports/telemetry.js';
import { SessionDirectory } from './core/ports/session-directory.js';
import { Access } from './http/access/access.js';
import { IpcServer } from './http/ipc/ipc-server.js';
import { OpenApiDocument } from './http/openapi/openapi-document.js';
import { ProblemFilter } from './http/problem/problem.filter.js';
import { useRequestChain } from './http/request-chain.js';
import { Logs } from './logging/logs.js';
import { TelemetryRuntime } from './telemetry/telemetry-runtime.js';
import { VERSION } from './version.js';

/** The application, set up as it runs and as the tests run it; not listening yet. */
export async function createService(options: LoadOptions): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(options), {
    // What is said before the log is open waits for it; where it never opens, the caller tells why.
    bufferLogs: true,
    logger: false,
    abortOnError: false,
    // Open clients must not hold up the end.
    forceCloseConnections: true,
  });
  app.get(TelemetryRuntime).connectLogs(app.get(Logs));
  app.useLogger(app.get(Logs).logger);
  app.flushLogs();
  configure(app);
  return app;
}

/** What every request meets, in the running service and in its tests. */
export function configure(app: NestExpressApplication): void {
  useRequestChain(app);
  app.get(OpenApiDocument).attach(app);
  app.useGlobalPipes(
    new ValidationPipe({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      stopAtFirstError: true,
    }),
  );
  app.useGlobalFilters(new ProblemFilter());
}

/** Starts listening and says where; what was found on disk follows as soon as it is known. */
export async function listen(app: INestApplication): Promise<string> {
  const { http } = app.get(Config);
  await app.listen(http.port, http.host);
  const url = await app.getUrl();
  const telemetry = app.get(Telemetry);
  telemetry.start('http.serve', { ...under(telemetry.daemon), attributes: { address: url } }).end();
  const socket = await app.get(IpcServer).listen();
  const log = new Logger('Service');
  log.log(`palingenesis ${VERSION} listens: API at ${url}/api/v1/status`);
  if (socket !== undefined) log.debug(`the same API for this user alone: ${socket}`);
  announceTokens(app);
  void announceSessions(app);
  return url;
}

/** New tokens are shown once, to a person alone: a log would keep them. */
function announceTokens(app: INestApplication): void {
  const made = app.get(Access).takeNewTokens();
  if (made === undefined) return;
  const { tokenDir } = app.get(Config).http;
  new Logger('Service').log(`new tokens in ${tokenDir}; "palingenesis token" shows them`);
  if (!process.stdout.isTTY) return;
  for (const scope of made.created) process.stderr.write(`${scope} token: ${made.tokens[scope]}\n`);
}

async function announceSessions(app: INestApplication): Promise<void> {
  const directory = app.get(SessionDirectory);
  await directory.whenReady();
  const log = new Logger('Service');
  const byAgent = Object.groupBy(directory.list(), ({ agent }) => agent);
  for (const [id, { enabled, home }] of Object.entries(app.get(Config).agents)) {
    const count = byAgent[id]?.length ?? 0;
    log.log(enabled ? `${id}: ${count} sessions in ${home.join(', ')}` : `${id}: switched off`);
  }
}

/** Reads the settings again, as SIGHUP asks for; a mistake in them changes nothing. */
export async function reload(app: INestApplication, logger = new Logger('Config')): Promise<void> {
  const config = app.get(Config);
  try {
    const { changed, needRestart } = config.reload();
    await app.get(Logs).apply(config.log);
    if (changed.length > 0) app.get(EventBus).publish({ type: 'settings-reloaded', changed });
    logger.log(`settings read again: ${changed.join(', ') || 'nothing changed'}`);
    if (needRestart.length > 0) logger.warn(`these count from the next start on: ${needRestart.join(', ')}`);
  } catch (error) {
    logger.error(`the settings stay as they were: ${messageOf(error)}`);
  }
}
