import { join } from 'node:path';
import type { AgentHooks, Connection, Folder, Reporter, Texts } from '../../core/ports/agent-hooks.js';
import { hooksIn, withHooks, withoutHooks, type Hook, type HookFile } from '../hook-settings.js';
import { trustOf, withoutTrust, withTrust, withTrustMoved, type Trust } from './codex.trust.js';

/** More than a report takes. */
const TIMEOUT_S = 2;

/**
 * What is reported of each event, besides the session; prompts and inputs of tools are not. SessionEnd is left out: its
 * reason is always `other`, whoever ended the session.
 */
const EVENTS: Readonly<Record<string, readonly string[]>> = {
  UserPromptSubmit: [],
  PostModelRequest: ['status', 'error'],
  PermissionRequest: ['tool_name'],
  Stop: [],
  Interrupt: [],
};

/** Its hooks (0.169.0), and the trust in them, without which it passes over them without a word. */
export function codexHooks(homes: readonly string[]): AgentHooks {
  return { homes, connection: (home, reporter) => new CodexConnection(home, reporter) };
}

class CodexConnection implements Connection {
  readonly files: readonly string[];
  readonly #hooks: HookFile;
  readonly #config: string;
  readonly #wanted: readonly Hook[];
  /** It calls the file by the path it was told itself: with its links, or from CODEX_HOME without them. */
  readonly #names: readonly string[];

  constructor({ path, realPath }: Folder, reporter: Reporter) {
    this.#hooks = { path: join(path, 'hooks.json'), isOurs: reporter.isOurs };
    this.#config = join(path, 'config.toml');
    this.#names = [...new Set([path, realPath])].map((home) => join(home, 'hooks.json'));
    this.#wanted = Object.entries(EVENTS).map(([event, fields]) => ({
      event,
      command: reporter.command(fields),
      timeoutS: TIMEOUT_S,
    }));
    this.files = [this.#hooks.path, this.#config];
  }

  connect([hooks, config]: Texts): Texts {
    const edited = withHooks(this.#hooks, hooks, this.#wanted);
    const [, free] = edited === hooks ? [hooks, config] : this.disconnect([hooks, config]);
    return [edited, withTrust(this.#config, free, this.#trusts(edited, true))];
  }

  disconnect([hooks, config]: Texts): Texts {
    if (hooks === undefined || hooks.trim() === '') return [hooks, config];
    const edited = withoutHooks(this.#hooks, hooks);
    return [edited, config === undefined ? undefined : this.#withoutTrust(config, hooks, edited)];
  }

  /** Hooks behind ours have moved up, and with them the places by which their trust goes. */
  #withoutTrust(config: string, before: string, after: string): string {
    const [from, to] = [this.#trusts(before, false), this.#trusts(after, false)];
    return from.reduce(
      (edited, { key }, at) => withTrustMoved(edited, key, to[at]?.key ?? key),
      withoutTrust(config, this.#trusts(before, true)),
    );
  }

  #trusts(text: string, areOurs: boolean): readonly Trust[] {
    const hooks = hooksIn(this.#hooks, text).filter(({ command }) => this.#hooks.isOurs(command) === areOurs);
    return this.#names.flatMap((name) => hooks.map((hook) => trustOf(name, hook)));
  }
}
