import { basename, dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Finding } from '../../core/finding.js';
import { parseRecord, stringOf } from '../../core/json-record.js';
import type { FileOwner, HomeLayout, LoginSigns, LooseRecord } from '../../core/ports/agent.js';
import type { Command, ProcessInfo } from '../../core/ports/process-host.js';
import type { LaunchContract, SessionView } from '../../core/session.js';
import { AgentAdapter } from '../agent-adapter.decorator.js';
import { ConfiguredAgent } from '../configured-agent.js';
import { keptArgs, type Arity } from '../kept-args.js';
import { GeminiCliHandover } from './gemini-cli.handover.js';
import { GeminiCliChat } from './gemini-cli.chat.js';
import { classifyLoose } from './gemini-cli.loose.js';
import { GeminiCliRun } from './gemini-cli.run.js';

const CHAT = /^session-.*\.jsonl$/;
/** Chats lie in a folder of each project: `<project>/chats`. */
const CHAT_DEPTH = 2;
const HEADLESS = /^(?:-p|--prompt|-o|--output-format)(?:=|$)/;
const RESUMES = new Set(['--resume', '-r']);
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PROGRAM = /(?:^|\/)gemini(?:\.js)?$|\/gemini-cli\/(?:bundle|dist)\//;

/** What its records do not keep of its command line (`gemini --help` of 0.61.0). */
const KEPT: Readonly<Record<string, Arity>> = {
  '--approval-mode': 'one',
  '--yolo': 'flag',
  '-y': 'flag',
  '--sandbox': 'flag',
  '-s': 'flag',
  '--allowed-tools': 'many',
  '--allowed-mcp-server-names': 'many',
  '--include-directories': 'many',
  '--extensions': 'many',
  '-e': 'many',
  '--policy': 'many',
};
const APPROVES = /^(?:--approval-mode|--yolo|-y)(?:=|$)/;

/** Gemini CLI 0.61.0, by its chat files, its processes, and `gemini -o stream-json`. */
@AgentAdapter()
@Injectable()
export class GeminiCliAdapter extends ConfiguredAgent {
  readonly id = 'gemini-cli';
  readonly takesSessionId = false;
  override readonly toolVariable = 'GEMINI_CLI';

  layoutOf(home: string): HomeLayout {
    return {
      home,
      sessions: { kind: 'files', folder: { path: join(home, 'tmp'), depth: CHAT_DEPTH } },
      holders: { kind: 'processes' },
    };
  }

  override loginSigns(home: string): LoginSigns {
    const key = /^\s*(?:export\s+)?(?:GEMINI_API_KEY|GOOGLE_API_KEY|GOOGLE_GENAI_USE_VERTEXAI)\s*=/m;
    return {
      files: [
        { path: join(home, 'oauth_creds.json'), says: /"(?:access|refresh)_token"/ },
        ...[home, dirname(home)].map((folder) => ({ path: join(folder, '.env'), says: key })),
      ],
      variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA'],
    };
  }

  ownerOf(path: string): FileOwner | undefined {
    return CHAT.test(basename(path)) && basename(dirname(path)) === 'chats' ? 'see-first-line' : undefined;
  }

  override sessionIdIn(firstLine: string): string | undefined {
    return stringOf(parseRecord(firstLine)?.['sessionId']);
  }

  override isOwn(argv: readonly string[]): boolean {
    return argv.slice(0, 4).some((word) => PROGRAM.test(word));
  }

  override homeOf(env: (name: string) => string | undefined): string | undefined {
    const home = env('GEMINI_CLI_HOME') ?? env('HOME');
    return home && join(home, '.gemini');
  }

  /** A new session's id is in no command line, that of a resumed one is. */
  override holds(
    { argv, cwd }: ProcessInfo,
    { id, view }: Readonly<{ id: string; view: SessionView }>,
  ): boolean {
    const resumed = argv[argv.findIndex((word) => RESUMES.has(word)) + 1];
    if (resumed !== undefined && SESSION_ID.test(resumed)) return resumed === id;
    return cwd === undefined || cwd === view.cwd;
  }

  override isHeadless({ argv }: ProcessInfo): boolean {
    return argv.some((word) => HEADLESS.test(word));
  }

  newTranscript(): GeminiCliChat {
    return new GeminiCliChat();
  }

  override newHandover(): GeminiCliHandover {
    return new GeminiCliHandover();
  }

  newRun(): GeminiCliRun {
    return new GeminiCliRun(this.zone);
  }

  classify(record: LooseRecord): Finding {
    return classifyLoose(record, this.zone);
  }

  override keptArgs(argv: readonly string[]): readonly string[] {
    return keptArgs(argv, KEPT);
  }

  override argsAllowing(tools: readonly string[]): readonly string[] {
    return ['--allowed-tools', ...tools];
  }

  launch(_sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#headless([], contract, prompt);
  }

  /** Nothing but the history is kept, so model and approval mode are named again. */
  resume(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#headless(['--resume', sessionId], contract, prompt);
  }

  #headless(which: readonly string[], contract: LaunchContract, prompt: string): Command {
    const { cwd, home, model, permissionMode, args = [] } = contract;
    const isApproved = args.some((word) => APPROVES.test(word));
    return {
      file: this.settings.command,
      args: [
        ...which,
        '-o',
        'stream-json',
        ...(model === undefined ? [] : ['-m', model]),
        ...(permissionMode === undefined || isApproved ? [] : ['--approval-mode', permissionMode]),
        ...args,
      ],
      cwd,
      env: {
        // Else it starts itself anew, and the process we know takes no signal.
        GEMINI_CLI_NO_RELAUNCH: 'true',
        ...(this.settings.defaultHomes.includes(home) ? {} : { GEMINI_CLI_HOME: dirname(home) }),
      },
      stdin: prompt,
    };
  }
}
