import { basename, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import type { Finding } from '../../core/finding.js';
import type { AgentHooks } from '../../core/ports/agent-hooks.js';
import type { FileOwner, HomeLayout, LoginSigns, LooseRecord } from '../../core/ports/agent.js';
import type { Command } from '../../core/ports/process-host.js';
import type { LaunchContract } from '../../core/session.js';
import type { Signal } from '../../core/signal.js';
import { AgentAdapter } from '../agent-adapter.decorator.js';
import { ConfiguredAgent } from '../configured-agent.js';
import { codexDaemon } from './codex.daemon.js';
import { CodexHandover } from './codex.handover.js';
import { codexHooks } from './codex.hooks.js';
import { classifyLoose } from './codex.loose.js';
import { CodexRollout } from './codex.rollout.js';
import { CodexRun } from './codex.run.js';
import { codexSignals } from './codex.signals.js';

const THREAD_ID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const ROLLOUT = new RegExp(`^rollout-.*-(${THREAD_ID})\\.jsonl$`);
const LOCK = new RegExp(`^(${THREAD_ID})\\.lock$`);
/** Rollouts lie in a folder for each day: year, month, day. */
const DAY_DEPTH = 3;

/** Codex 0.169.0, by its rollouts, the locks of its live threads, its hooks, and `codex exec`. */
@AgentAdapter()
@Injectable()
export class CodexAdapter extends ConfiguredAgent {
  readonly id = 'codex';
  readonly takesSessionId = false;
  /** Its menu at a limit takes an Enter for another model. */
  override readonly terminal = { dialogKey: 'Escape', promptSign: '›' };
  override readonly toolVariable = 'CODEX_THREAD_ID';

  layoutOf(home: string): HomeLayout {
    return {
      home,
      sessions: { kind: 'files', folder: { path: join(home, 'sessions'), depth: DAY_DEPTH } },
      holders: { kind: 'locks', folder: join(home, 'thread-writer-locks') },
      daemon: codexDaemon(home),
    };
  }

  /** A provider of one's own may need no login of Codex. */
  override loginSigns(home: string): LoginSigns {
    return {
      files: [
        { path: join(home, 'auth.json'), says: /"(?:access_token|OPENAI_API_KEY)"\s*:\s*"/ },
        { path: join(home, 'config.toml'), says: /^\s*model_provider\s*=/m },
      ],
      variables: ['OPENAI_API_KEY', 'CODEX_API_KEY'],
    };
  }

  ownerOf(path: string): FileOwner | undefined {
    const sessionId = ROLLOUT.exec(basename(path))?.[1];
    return sessionId === undefined ? undefined : { sessionId };
  }

  override lockedSession(path: string): string | undefined {
    return LOCK.exec(basename(path))?.[1];
  }

  newTranscript(): CodexRollout {
    return new CodexRollout(this.zone);
  }

  override newHandover(): CodexHandover {
    return new CodexHandover();
  }

  newRun(): CodexRun {
    return new CodexRun(this.zone);
  }

  classify(record: LooseRecord): Finding {
    return classifyLoose(record, this.zone);
  }

  override signalsOf(report: unknown, atMs: number): readonly Signal[] {
    return codexSignals(report, { atMs, zone: this.zone });
  }

  override hooks(): AgentHooks {
    return codexHooks(this.settings.home);
  }

  launch(_sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#exec([], contract, prompt);
  }

  /** Without them model, effort and sandbox would fall back to the settings file, the sandbox to read-only. */
  resume(sessionId: string, contract: LaunchContract, prompt: string): Command {
    return this.#exec(['resume', sessionId], contract, prompt);
  }

  /** A turn that finds the context full compacts it before it asks the model. */
  override compaction(): 'on-resume' {
    return 'on-resume';
  }

  #exec(which: readonly string[], contract: LaunchContract, prompt: string): Command {
    const { cwd, home, model, effort, permissionMode } = contract;
    const [verb, ...operands] = which;
    return {
      file: this.settings.command,
      args: [
        'exec',
        ...(verb === undefined ? [] : [verb]),
        '--json',
        // Who launches a session, or lets one go on, has chosen its folder.
        '--skip-git-repo-check',
        ...(model === undefined ? [] : ['-m', model]),
        ...(effort === undefined ? [] : ['-c', `model_reasoning_effort="${effort}"`]),
        ...(permissionMode === undefined ? [] : ['-c', `sandbox_mode="${permissionMode}"`]),
        ...operands,
        '-',
      ],
      cwd,
      env: this.settings.defaultHomes.includes(home) ? {} : { CODEX_HOME: home },
      stdin: prompt,
    };
  }
}
