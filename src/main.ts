import { ConfigError } from './config/config-error.js';
import { loadSettings } from './config/load-settings.js';
import { messageOf } from './core/errors.js';
import { createService, listen, reload } from './service.js';
import { AlreadyRunningError, lockInstance, StateFolderError } from './store/instance-lock.js';

/** Shutdown is promised within 5 s; what hangs then is left behind. */
const SHUTDOWN_MS = 4500;

async function main(): Promise<void> {
  const options = { argv: process.argv.slice(2), env: process.env };
  const unlock = lockInstance(loadSettings(options).settings.state.dir);
  process.once('exit', unlock);
  const app = await createService(options);
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => setTimeout(() => process.exit(1), SHUTDOWN_MS).unref());
  process.on('SIGHUP', () => void reload(app));
  await listen(app);
}

/** Exit codes: 1 cannot run here, 2 the settings are wrong. */
function explain(error: unknown): number {
  process.stderr.write(`palingenesis: ${messageOf(error)}\n`);
  if (error instanceof ConfigError) return 2;
  if (isPortTaken(error)) process.stderr.write('name another port with --http.port=N, or 0 for a free one\n');
  else if (!isExplained(error) && Error.isError(error)) process.stderr.write(`${error.stack ?? ''}\n`);
  return 1;
}

/** Its message says all there is to do. */
function isExplained(error: unknown): boolean {
  return error instanceof AlreadyRunningError || error instanceof StateFolderError;
}

function isPortTaken(error: unknown): boolean {
  return Error.isError(error) && 'code' in error && error.code === 'EADDRINUSE';
}

await main().catch((error: unknown) => process.exit(explain(error)));
