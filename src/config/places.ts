import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './layers.js';

/** Where each agent keeps its data unless the configuration says otherwise: its own variable, then its own default. */
const AGENT_HOMES = {
  'claude-code': { variable: 'CLAUDE_CONFIG_DIR', fallback: '~/.claude' },
} satisfies Record<string, { variable: string; fallback: string }>;

/** Every agent that has settings; each has its section in the defaults file. */
export type AgentId = keyof typeof AGENT_HOMES;

const isAgentId = (id: string): id is AgentId => Object.hasOwn(AGENT_HOMES, id);

/** The directories of this user that stand behind empty options. */
export class Places {
  constructor(
    private readonly env: Environment,
    private readonly homeDir: string,
  ) {}

  configFile(): string {
    return join(this.xdg('XDG_CONFIG_HOME', '.config'), 'palingenesis', 'config.toml');
  }

  stateDir(): string {
    return join(this.xdg('XDG_STATE_HOME', join('.local', 'state')), 'palingenesis');
  }

  /** Where the agent looks by itself when started from here. */
  agentHome(agentId: string): string {
    if (!isAgentId(agentId))
      throw new Error(`No home is known for the agent "${agentId}"; add it to AGENT_HOMES.`);
    const { variable, fallback } = AGENT_HOMES[agentId];
    return this.absolute(this.env[variable] || fallback);
  }

  agentHomes(): [AgentId, string][] {
    return Object.keys(AGENT_HOMES)
      .filter(isAgentId)
      .map((id) => [id, this.agentHome(id)]);
  }

  /** Expands a leading `~`; anything else relative is below the working directory. */
  absolute(path: string): string {
    return path === '~' || path.startsWith('~/') ? join(this.homeDir, path.slice(1)) : resolve(path);
  }

  /** The XDG specification wants a relative value ignored. */
  private xdg(variable: string, fallback: string): string {
    const dir = this.env[variable] ?? '';
    return isAbsolute(dir) ? dir : join(this.homeDir, fallback);
  }
}

/** The value of an option as an absolute path where it is one; what is no path stays for the checks. */
export function withAbsolutePaths(path: string, value: unknown, places: Places): unknown {
  if (path === 'state.dir' && typeof value === 'string') {
    return value === '' ? places.stateDir() : places.absolute(value);
  }
  if (path === 'workflow.folders' && isPathList(value))
    return value.map((folder) => (/^~(\/|$)/.test(folder) ? places.absolute(folder) : folder));
  const agentId = /^agents\.(.+)\.home$/.exec(path)?.[1];
  if (agentId === undefined || !isPathList(value)) return value;
  return value.length === 0 ? [places.agentHome(agentId)] : value.map((home) => places.absolute(home));
}

function isPathList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((path) => typeof path === 'string' && path !== '');
}
