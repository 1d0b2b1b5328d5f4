import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AgentCatalog } from './agents/agent-catalog.js';
import { AgentsModule } from './agents/agents.module.js';
import { parseCommandLine } from './cli/arguments.js';
import type { Call } from './cli/call.js';
import { EXIT, exitCodeOf, usageError, type ExitCode } from './cli/command-error.js';
import { COMMANDS } from './cli/commands.js';
import { nearestHint } from './cli/nearest.js';
import { print } from './cli/print.js';
import { serviceUrl } from './cli/service-url.js';
import { Config } from './config/config.js';
import { SettingsModule } from './config/config.module.js';
import { confirm } from './connect/confirm.js';
import { Connector, type Plan } from './connect/connector.js';
import { Originals } from './connect/originals.js';
import { reporterFor } from './connect/reporter.js';
import { showChange } from './connect/show-change.js';
import { messageOf } from './core/errors.js';
import type { Agent } from './core/ports/agent.js';
import type { AgentHooks } from './core/ports/agent-hooks.js';
import { PlatformModule } from './platform/platform.module.js';

/** `palingenesis connect AGENT` and `palingenesis disconnect AGENT`, without a running service. */
const RUNTIME = {
  node: process.execPath,
  script: fileURLToPath(new URL('../bin/palingenesis-hook.mjs', import.meta.url)),
};
/** Where nobody reports to any more. */
const NOWHERE = 'http://localhost';

async function main(argv: readonly string[]): Promise<ExitCode> {
  const { call } = parseCommandLine(argv, COMMANDS);
  const modules = [
    SettingsModule.forRoot({ argv: call.settingsFlags, env: process.env }),
    PlatformModule,
    AgentsModule,
  ];
  class ConnectModule {}
  Module({ imports: modules })(ConnectModule);
  const app = await NestFactory.createApplicationContext(ConnectModule, {
    logger: false,
    abortOnError: false,
  });
  try {
    const [id, hooks] = chosen(call, app.get(AgentCatalog).all());
    return await (argv[0] === 'connect' ? connect : disconnect)(id, hooks, call, app.get(Config));
  } finally {
    await app.close();
  }
}

function chosen({ operands: [given] }: Call, agents: readonly Agent[]): [string, AgentHooks] {
  const able = agents.filter((agent) => agent.hooks() !== undefined).map(({ id }) => id);
  if (given === undefined) throw usageError(`which agent is missing; there are: ${able.join(', ')}`);
  const agent = agents.find(({ id }) => id === given);
  if (agent === undefined) throw usageError(`"${given}": no such agent; ${nearestHint(given, able)}`);
  const hooks = agent.hooks();
  if (hooks !== undefined) return [given, hooks];
  throw usageError(
    `${given} has no hooks to report by; it is watched all the same. Those that have: ${able.join(', ')}`,
  );
}

async function connect(id: string, hooks: AgentHooks, call: Call, config: Config): Promise<ExitCode> {
  const reporter = reporterFor(id, serviceUrl(call.text('url'), config.http), RUNTIME);
  const plan = await new Connector(hooks, reporter, new Originals(config.state.dir, id)).planConnect();
  return carryOut(plan, call, {
    nothing: `nothing to do: ${id} reports to ${reporter.url} already`,
    done: `done: ${id} reports to ${reporter.url}, sessions that are started from now on; undo it with "palingenesis disconnect ${id}"`,
  });
}

async function disconnect(id: string, hooks: AgentHooks, call: Call, config: Config): Promise<ExitCode> {
  const reporter = reporterFor(id, NOWHERE, RUNTIME);
  const plan = await new Connector(hooks, reporter, new Originals(config.state.dir, id)).planDisconnect();
  return carryOut(plan, call, {
    nothing: `nothing to do: ${id} does not report`,
    done: `done: ${id} does not report any more, sessions that are started from now on`,
  });
}

type Words = Readonly<{ nothing: string; done: string }>;

async function carryOut(plan: Plan, call: Call, { nothing, done }: Words): Promise<ExitCode> {
  for (const change of plan.changes) print(`${showChange(change)}\n`);
  for (const note of plan.notes) print(note);
  if (plan.changes.length > 0 && !(await isAgreed(call))) return EXIT.failed;
  await plan.carryOut();
  print(plan.changes.length > 0 ? done : nothing);
  return EXIT.done;
}

async function isAgreed(call: Call): Promise<boolean> {
  if (call.isOn('yes')) return true;
  const canAsk = process.stdin.isTTY;
  if (canAsk && (await confirm('Make this change?'))) return true;
  const hint = canAsk ? '' : ': there is no terminal to ask on; say --yes to have it made';
  process.stderr.write(`palingenesis: nothing was changed${hint}\n`);
  return false;
}

process.exitCode = await Promise.resolve()
  .then(() => main(process.argv.slice(2)))
  .catch((error: unknown) => {
    process.stderr.write(`palingenesis: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  });
