import { basename, dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Finding } from '../../core/finding.js';
import type { AgentHooks } from '../../core/ports/agent-hooks.js';
import type { HomeLayout, LooseRecord } from '../../core/ports/agent.js';
import type { Command, ProcessInfo } from '../../core/ports/process-host.js';
import type { LaunchContract, SessionView } from '../../core/session.js';
import type { Signal } from '../../core/signal.js';
import { AgentAdapter } from '../agent-adapter.decorator.js';
import { ConfiguredAgent } from '../configured-agent.js';
import { keptArgs } from '../kept-args.js';
import { OpenCodeHandover } from './opencode.handover.js';
import { OpenCodeQueries } from './opencode.database.js';
import { openCodeHooks } from './opencode.hooks.js';
import { classifyLoose } from './opencode.loose.js';
import { OpenCodeMessages, openCodeRecords } from './opencode.messages.js';
import { OpenCodeRun } from './opencode.run.js';
import { OPENCODE_SERVER } from './opencode.server.js';
import { openCodeSignals } from './opencode.signals.js';

/** What a headless run may do without asking; the agent itself records nothing of it. */
const AUTO = 'auto';
const AUTO_ARG = '--auto';
const SESSION_ID = /^ses_\w+$/;

/** OpenCode 1.18.33, by its database, its log, the events of its server or of a plugin, its processes, and `opencode run`. */
@AgentAdapter()
@Injectable()
export class OpenCodeAdapter extends ConfiguredAgent {
  readonly id = 'opencode';
  readonly takesSessionId = false;
  /** At rest it shows no dialog; a permission it waits for is no rest. */
  override readonly terminal = {};
  override readonly toolVariable = 'OPENCODE_PID';

  layoutOf(home: string): HomeLayout {
    return {
      home,
      sessions: { kind: 'database', file: join(home, 'opencode.db'), queries: new OpenCodeQueries() },
      holders: { kind: 'processes' },
      log: join(home, 'log', 'opencode.log'),
      server: OPENCODE_SERVER,
    };
  }

  ownerOf(): undefined {
    return undefined;
  }

  override isOwn(argv: readonly string[]): boolean {
    return argv.slice(0, 3).some((word) => basename(word) === 'opencode' || /\/opencode-ai\//.test(word));
  }

  override homeOf(env: (name: string) => string | undefined): string | undefined {
    const home = env('HOME');
    const data = env('XDG_DATA_HOME') ?? (home && join(home, '.local', 'share'));
    return data && join(data, 'opencode');
  }

  /** A server holds any session of its home; another process the one it was given, or those of its folder. */
  override holds(
    { argv, cwd }: ProcessInfo,
    { id, view }: Readonly<{ id: string; view: SessionView }>,
  ): boolean {
    if (argv.includes('serve') || argv.includes('web')) return true;
    const given = argv.find((word) => SESSION_ID.test(word));
    return given === undefined ? cwd === undefined || cwd === view.cwd : given === id;
  }

  override signalsOf(report: unknown, atMs: number): readonly Signal[] {
    return openCodeSignals(report, this.zone, atMs);
  }

  override hooks(): AgentHooks {
    return openCodeHooks(this.settings.configHome ?? []);
  }

  override recordsIn(document: unknown): readonly string[] {
    return openCodeRecords(document);
  }

  newTranscript(): OpenCodeMessages {
    return new OpenCodeMessages(this.zone);
  }

  override newHandover(): OpenCodeHandover {
    return new OpenCodeHandover();
  }

  newRun(): OpenCodeRun {
    return new OpenCodeRun(this.zone);
  }

  classify(record: LooseRecord): Finding {
    return classifyLoose(record, this.zone);
  }

  /** Nothing of its records tells that it may do all without asking. */
  override keptArgs(argv: readonly string[]): readonly string[] {
    return keptArgs(argv, { [AUTO_ARG]: 'flag' });
  }

  launch(_sessionId: string, contract: LaunchContract, prompt: string): Command {
    const { model } = contract;
    return this.#run(['--print-logs', ...(model === undefined ? [] : ['--model', model])], contract, prompt);
  }

  /** Model and agent are kept by the session. */
  resume(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#run(['--session', sessionId], contract, prompt);
  }

  #run(which: readonly string[], contract: LaunchContract, prompt: string): Command {
    const { cwd, home, permissionMode, args = [] } = contract;
    const isAuto = permissionMode === AUTO || args.includes(AUTO_ARG);
    return {
      file: this.settings.command,
      args: ['run', '--format', 'json', ...which, ...(isAuto ? [AUTO_ARG] : [])],
      cwd,
      env: this.settings.defaultHomes.includes(home) ? {} : { XDG_DATA_HOME: dirname(home) },
      stdin: prompt,
    };
  }
}
