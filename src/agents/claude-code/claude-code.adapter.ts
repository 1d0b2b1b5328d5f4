import { basename, dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Finding } from '../../core/finding.js';
import type { AgentHooks } from '../../core/ports/agent-hooks.js';
import type { FileOwner, HomeLayout, LoginSigns, LooseRecord } from '../../core/ports/agent.js';
import type { Command } from '../../core/ports/process-host.js';
import type { LaunchContract, ProcessClaim } from '../../core/session.js';
import type { Signal } from '../../core/signal.js';
import { AgentAdapter } from '../agent-adapter.decorator.js';
import { ConfiguredAgent } from '../configured-agent.js';
import { keptArgs, type Arity } from '../kept-args.js';
import { ClaudeCodeHandover } from './claude-code.handover.js';
import { claimOf } from './claude-code.claim.js';
import { claudeCodeHooks } from './claude-code.hooks.js';
import { classifyLoose } from './claude-code.loose.js';
import { ClaudeCodeRun } from './claude-code.run.js';
import { claudeCodeSignals } from './claude-code.signals.js';
import { ClaudeCodeTranscript } from './claude-code.transcript.js';

const TRANSCRIPT = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.jsonl$/;

const LOGIN_VARIABLES = [
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
  ...['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'],
];

/** What it does not keep of its command line when it is resumed (`claude --help` of 2.1.197 and 2.1.330). */
const KEPT: Readonly<Record<string, Arity>> = {
  '--allowedTools': 'many',
  '--allowed-tools': 'many',
  '--disallowedTools': 'many',
  '--disallowed-tools': 'many',
  '--tools': 'many',
  '--add-dir': 'many',
  '--mcp-config': 'many',
  '--betas': 'many',
  '--strict-mcp-config': 'flag',
  '--disable-slash-commands': 'flag',
  '--restricted': 'flag',
  '--safe-mode': 'flag',
  '--bare': 'flag',
  '--agent': 'one',
  '--agents': 'one',
  '--settings': 'one',
  '--setting-sources': 'one',
  '--plugin-dir': 'one',
  '--fallback-model': 'one',
  '--system-prompt': 'one',
  '--system-prompt-file': 'one',
  '--append-system-prompt': 'one',
  '--append-system-prompt-file': 'one',
  '--permission-prompt-tool': 'one',
};

/** Claude Code 2.1.197 to 2.1.330, by its transcripts, its registry of live processes, its hooks, and `claude -p`. */
@AgentAdapter()
@Injectable()
export class ClaudeCodeAdapter extends ConfiguredAgent {
  readonly id = 'claude-code';
  readonly takesSessionId = true;
  override readonly toolVariable = 'CLAUDECODE';
  /** Its dialog at a limit takes a text for nothing, and an Enter for its first entry. */
  override readonly terminal = { dialogKey: 'Escape', promptSign: '❯', compact: '/compact' };

  layoutOf(home: string): HomeLayout {
    return {
      home,
      sessions: { kind: 'files', folder: { path: join(home, 'projects'), depth: 1 } },
      holders: { kind: 'claims', folder: { path: join(home, 'sessions'), depth: 0 } },
    };
  }

  ownerOf(path: string): FileOwner | undefined {
    const sessionId = TRANSCRIPT.exec(basename(path))?.[1];
    return sessionId === undefined ? undefined : { sessionId };
  }

  newTranscript(path: string): ClaudeCodeTranscript {
    return new ClaudeCodeTranscript(path, this.zone);
  }

  /** On macOS it keeps its login in the keychain. */
  override loginSigns(home: string): LoginSigns | undefined {
    if (process.platform === 'darwin') return undefined;
    const keyed = /"(?:primaryApiKey|oauthAccount)"/;
    return {
      files: [
        { path: join(home, '.credentials.json'), says: /"accessToken"/ },
        { path: join(home, 'settings.json'), says: /"(?:apiKeyHelper|ANTHROPIC_\w+|CLAUDE_CODE_USE_\w+)"/ },
        ...[home, dirname(home)].map((folder) => ({ path: join(folder, '.claude.json'), says: keyed })),
      ],
      variables: LOGIN_VARIABLES,
    };
  }

  override claimOf(text: string): ProcessClaim | undefined {
    return claimOf(text);
  }

  classify(record: LooseRecord): Finding {
    return classifyLoose(record, this.zone);
  }

  override signalsOf(report: unknown, atMs: number): readonly Signal[] {
    return claudeCodeSignals(report, { atMs, zone: this.zone });
  }

  override hooks(): AgentHooks {
    return claudeCodeHooks(this.settings.home);
  }

  override newHandover(): ClaudeCodeHandover {
    return new ClaudeCodeHandover();
  }

  newRun(): ClaudeCodeRun {
    return new ClaudeCodeRun(this.zone);
  }

  override keptArgs(argv: readonly string[]): readonly string[] {
    return keptArgs(argv, KEPT);
  }

  override argsAllowing(tools: readonly string[]): readonly string[] {
    return ['--allowedTools', ...tools];
  }

  launch(sessionId: string, contract: LaunchContract, prompt: string): Command {
    const model = contract.model === undefined ? [] : ['--model', contract.model];
    return this.#headless(['--session-id', sessionId, ...model], contract, prompt);
  }

  /** The model is kept by the history; naming it could narrow it, such as from a long-context variant. */
  resume(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#headless(['--resume', sessionId], contract, prompt);
  }

  override compaction(sessionId: string, contract: LaunchContract): Command {
    return this.#headless(['--resume', sessionId], contract, '/compact');
  }

  #headless(which: readonly string[], contract: LaunchContract, prompt: string): Command {
    const { permissionMode, cwd, home, args = [] } = contract;
    const mode = permissionMode === undefined ? [] : ['--permission-mode', permissionMode];
    return {
      file: this.settings.command,
      args: ['-p', ...which, ...mode, ...args, '--output-format', 'stream-json', '--verbose'],
      cwd,
      env: { ...(this.#isDefaultHome(home) ? {} : { CLAUDE_CONFIG_DIR: home }), ...this.#telemetryEnv() },
      stdin: prompt,
    };
  }

  /** Verified with 2.1.197 and 2.1.330: with these its spans and logs join the trace of TRACEPARENT. */
  #telemetryEnv(): Record<string, string> {
    const { enabled, endpoint, protocol } = this.config.otel;
    if (!enabled || this.settings.telemetry !== true) return {};
    return {
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
      CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol === 'grpc' ? 'grpc' : 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    };
  }

  /** The variable also moves `.claude.json`, so it is set only where the agent would not look by itself. */
  #isDefaultHome(home: string): boolean {
    return this.settings.defaultHomes.includes(home);
  }
}
