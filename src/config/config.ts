import type { Given } from './layers.js';
import type { LoadedSettings } from './load-settings.js';
import { isOwn } from './otel-variables.js';
import type { AgentSettings, Settings } from './settings.js';

export type Reloaded = Readonly<{
  /** Paths of the options that are in effect with a new value. */
  changed: string[];
  /** Paths of the options whose new value counts from the next start on. */
  needRestart: string[];
}>;

/** The settings as they are now. Read them where they are used: a reload replaces some. */
export class Config {
  constructor(
    private loaded: LoadedSettings,
    private readonly load: () => LoadedSettings,
  ) {}

  get http(): Settings['http'] {
    return this.loaded.settings.http;
  }

  get ipc(): Settings['ipc'] {
    return this.loaded.settings.ipc;
  }

  get events(): Settings['events'] {
    return this.loaded.settings.events;
  }

  get state(): Settings['state'] {
    return this.loaded.settings.state;
  }

  get log(): Settings['log'] {
    return this.loaded.settings.log;
  }

  get monitor(): Settings['monitor'] {
    return this.loaded.settings.monitor;
  }

  get workflow(): Settings['workflow'] {
    return this.loaded.settings.workflow;
  }

  get resume(): Settings['resume'] {
    return this.loaded.settings.resume;
  }

  get audit(): Settings['audit'] {
    return this.loaded.settings.audit;
  }

  get control(): Settings['control'] {
    return this.loaded.settings.control;
  }

  get notify(): Settings['notify'] {
    return this.loaded.settings.notify;
  }

  get agents(): Settings['agents'] {
    return this.loaded.settings.agents;
  }

  /** The settings of one agent. Throws where the defaults have no section for it: that is a bug, never input. */
  agent(id: string): AgentSettings {
    const settings = this.agents[id];
    if (settings === undefined) throw new Error(`config/default.toml has no section [agents.${id}]`);
    return settings;
  }

  get otel(): Settings['otel'] {
    return this.loaded.settings.otel;
  }

  /** Whether the file, the environment or a flag says it, and not just a default or OpenTelemetry's own variables. */
  isSet(path: string): boolean {
    const given = this.loaded.options.get(path);
    return given !== undefined && isOwn(given);
  }

  /** Reads all layers again; only `log`, `resume` and `agents.<id>.resume` change while running. Throws and changes nothing on a `ConfigError`. */
  reload(): Reloaded {
    const next = this.load();
    const differing = [...next.options.keys()].filter((path) => this.differs(path, next));
    this.loaded = withReloadable(this.loaded, next);
    return {
      changed: differing.filter(isReloadable),
      needRestart: differing.filter((path) => !isReloadable(path)),
    };
  }

  private differs(path: string, next: LoadedSettings): boolean {
    const [before, after] = [this.loaded, next].map(({ options }) =>
      JSON.stringify(options.get(path)?.value),
    );
    return before !== after;
  }
}

const isReloadable = (path: string): boolean => /^(?:(?:log|resume)\.|agents\.[^.]+\.resume$)/.test(path);

function withReloadable(old: LoadedSettings, next: LoadedSettings): LoadedSettings {
  const { log, resume, agents } = next.settings;
  const pick = ([path, given]: [string, Given]): [string, Given] => [
    path,
    isReloadable(path) ? given : (old.options.get(path) ?? given),
  ];
  return {
    settings: Object.freeze({
      ...old.settings,
      log,
      resume,
      agents: withResume(old.settings.agents, agents),
    }),
    options: new Map([...next.options].map(pick)),
  };
}

function withResume(old: Settings['agents'], next: Settings['agents']): Settings['agents'] {
  const entries = Object.entries(old).map(([id, agent]): [string, AgentSettings] => [
    id,
    Object.freeze({ ...agent, resume: next[id]?.resume ?? agent.resume }),
  ]);
  return Object.freeze(Object.fromEntries(entries));
}
