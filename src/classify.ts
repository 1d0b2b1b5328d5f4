import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AgentCatalog } from './agents/agent-catalog.js';
import { AgentsModule } from './agents/agents.module.js';
import { ConfigError } from './config/config-error.js';
import { SettingsModule } from './config/config.module.js';
import { messageOf } from './core/errors.js';
import type { Finding } from './core/finding.js';
import { isStop } from './core/finding.js';
import type { Agent } from './core/ports/agent.js';
import { ProcessHost } from './core/ports/process-host.js';
import { isResumable } from './core/resume-plan.js';
import { iso } from './core/stop.js';
import { BadInput, classifyInput } from './monitor/loose-input.js';
import { classifySessionFile } from './monitor/session-file.js';
import { PlatformModule } from './platform/platform.module.js';

/** `palingenesis classify`: what a record means, without a running service. Exit codes as of the command line. */
const EXIT = { done: 0, failed: 1, usage: 2 } as const;
const OPTIONS = { agent: { type: 'string' }, session: { type: 'string' }, at: { type: 'string' } } as const;
const STDIN = '-';

type Call = Readonly<{ agent?: string; session?: string; at?: string; file: string; settings: string[] }>;

/** One line of the output. */
function view({ reason, confidence, reset, evidence, ...rest }: Finding): object {
  const finding = { reason, confidence, evidence, ...rest };
  return {
    reason,
    confidence,
    resumable: isStop(finding) && isResumable(finding),
    reset: reset === undefined ? null : { at: iso(reset.atMs), source: reset.source, raw: reset.raw },
    evidence,
  };
}

function parse(argv: readonly string[]): Call {
  const settings = argv.filter((word) => /^--(?:config=|[\w-]+\.)/.test(word));
  const args = argv.filter((word) => !settings.includes(word));
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const [file = STDIN, ...others] = positionals;
  if (others.length > 0) throw new BadInput(`"${others[0]}": one file at a time`);
  if (values.at !== undefined && Number.isNaN(Date.parse(values.at)))
    throw new BadInput(`--at ${values.at}: not an ISO time such as 2026-11-22T12:00:00Z`);
  if (values.at !== undefined && values.session !== undefined)
    throw new BadInput('--at is for single records: a session says its own times');
  return { ...values, file, settings };
}

async function classify(call: Call): Promise<number> {
  const modules = [
    SettingsModule.forRoot({ argv: call.settings, env: process.env }),
    PlatformModule,
    AgentsModule,
  ];
  class ClassifyModule {}
  Module({ imports: modules })(ClassifyModule);
  const app = await NestFactory.createApplicationContext(ClassifyModule, {
    logger: false,
    abortOnError: false,
  });
  try {
    const agents = app.get(AgentCatalog).all();
    if (call.session !== undefined) {
      const asked = call.agent === undefined ? agents : [app.get(AgentCatalog).get(call.agent)];
      return print([await sessionVerdict(call.session, asked, app.get(ProcessHost))]);
    }
    const input = call.file === STDIN ? await text(process.stdin) : await readFile(call.file, 'utf8');
    noteStranger(call.agent, agents);
    const nowMs = call.at === undefined ? Date.now() : Date.parse(call.at);
    const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
    return print(classifyInput(input, { agents, agentId: call.agent, nowMs, zone }));
  } finally {
    await app.close();
  }
}

/** Its records are judged all the same, but a mistyped id should not go unnoticed. */
function noteStranger(id: string | undefined, agents: readonly Agent[]): void {
  if (id === undefined || agents.some((agent) => agent.id === id)) return;
  const known = agents.map((agent) => agent.id).join(', ');
  process.stderr.write(`palingenesis: no agent "${id}", so what holds for all counts; known: ${known}\n`);
}

async function sessionVerdict(
  path: string,
  agents: readonly Agent[],
  processes: ProcessHost,
): Promise<Finding | BadInput> {
  const finding = await classifySessionFile(path, agents, processes);
  return (
    finding ??
    new BadInput(`${path}: no session, stream or event file of ${agents.map(({ id }) => id).join(', ')}`)
  );
}

/** A line for each record; one that cannot be read has its line, too, so that they stay in step. */
function print(findings: readonly (Finding | BadInput)[]): number {
  for (const finding of findings) {
    const isBad = finding instanceof BadInput;
    if (isBad) process.stderr.write(`palingenesis: ${finding.message}\n`);
    process.stdout.write(`${JSON.stringify(isBad ? { error: finding.message } : view(finding))}\n`);
  }
  return findings.some((finding) => finding instanceof BadInput) ? EXIT.failed : EXIT.done;
}

/** What to tell a person; a file that cannot be opened needs its way out. */
function wordsOf(error: unknown): string {
  const isErrno = Error.isError(error) && 'path' in error && 'code' in error;
  return isErrno
    ? `${String(error.path)} cannot be read (${String(error.code)}): give the path of a file, or pipe the text in`
    : messageOf(error);
}

function exitCodeOf(error: unknown): number {
  const code = Error.isError(error) && 'code' in error ? String(error.code) : '';
  const isUsage = code.startsWith('ERR_PARSE_ARGS') || code === 'agent-unknown';
  return isUsage || error instanceof BadInput || error instanceof ConfigError ? EXIT.usage : EXIT.failed;
}

// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
);

process.exitCode = await Promise.resolve()
  .then(() => classify(parse(process.argv.slice(2))))
  .catch((error: unknown) => {
    process.stderr.write(`palingenesis: ${wordsOf(error)}\n`);
    return exitCodeOf(error);
  });
