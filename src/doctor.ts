import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AgentCatalog } from './agents/agent-catalog.js';
import { AgentsModule } from './agents/agents.module.js';
import { parseCommandLine } from './cli/arguments.js';
import { EXIT, exitCodeOf, type ExitCode } from './cli/command-error.js';
import { COMMANDS } from './cli/commands.js';
import { formatFindings } from './cli/doctor.command.js';
import { print } from './cli/print.js';
import { Config } from './config/config.js';
import { SettingsModule } from './config/config.module.js';
import { messageOf } from './core/errors.js';
import { LocalProbe } from './core/ports/local-probe.js';
import { checkAgents } from './doctor/check-agents.js';
import { checkAddress, checkClock, checkDisk, checkPermissions } from './doctor/check-machine.js';
import type { Finding } from './doctor/finding.js';
import { PlatformModule } from './platform/platform.module.js';

/** `palingenesis doctor`, without a running service. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const { call } = parseCommandLine(['doctor', ...argv], COMMANDS);
  const modules = [
    SettingsModule.forRoot({ argv: call.settingsFlags, env: process.env }),
    PlatformModule,
    AgentsModule,
  ];
  class DoctorModule {}
  Module({ imports: modules })(DoctorModule);
  const app = await NestFactory.createApplicationContext(DoctorModule, {
    logger: false,
    abortOnError: false,
  });
  const config = app.get(Config);
  const findings = await examine(app.get(AgentCatalog), config, app.get(LocalProbe));
  await app.close();
  print(call.wantsJson ? JSON.stringify({ findings }) : formatFindings(findings, process.stdout.isTTY));
  return findings.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done;
}

async function examine(catalog: AgentCatalog, config: Config, probe: LocalProbe): Promise<Finding[]> {
  const agents = catalog.all();
  const { mtimeMs: builtMs } = await stat(fileURLToPath(import.meta.url));
  const homes = agents.flatMap((agent) => agent.configuredHomes());
  const clock = checkClock(Date.now(), builtMs);
  const all = await Promise.all([
    checkAgents(agents, config, probe),
    checkPermissions(config),
    checkAddress(config),
    checkDisk([config.state.dir, ...homes], config.resume.minFreeMb, probe),
  ]);
  return [...all.flat(), ...clock];
}

process.exitCode = await Promise.resolve()
  .then(() => main(process.argv.slice(2)))
  .catch((error: unknown) => {
    process.stderr.write(`palingenesis: ${messageOf(error)}\n`);
    return exitCodeOf(error);
  });
