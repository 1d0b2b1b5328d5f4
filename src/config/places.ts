import { isAbsolute, join, resolve } from 'node:path';
import { isRecord } from '../core/json-record.js';
import type { Environment } from './layers.js';

/** `${NAME}`, or `${NAME:-other}` for what counts where the variable is not set or empty, as shells have it. */
const VARIABLE = /\$\{(\w+)(?::-([^}]*))?\}/g;

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

  /** Who has the state somewhere else has another service, which must not be taken for the usual one. */
  socket(stateDir: string): string {
    const runtimeDir = this.env['XDG_RUNTIME_DIR'] ?? '';
    const isUsual = isAbsolute(runtimeDir) && stateDir === this.stateDir();
    return join(isUsual ? join(runtimeDir, 'palingenesis') : stateDir, 'palingenesis.sock');
  }

  /** Expands variables and a leading `~`; anything else relative is below the working directory. */
  absolute(path: string): string {
    const expanded = path.replaceAll(
      VARIABLE,
      (_, name: string, other: string | undefined) => this.env[name] || (other ?? ''),
    );
    return expanded === '~' || expanded.startsWith('~/')
      ? join(this.homeDir, expanded.slice(1))
      : resolve(expanded);
  }

  /** The XDG specification wants a relative value ignored. */
  private xdg(variable: string, fallback: string): string {
    const dir = this.env[variable] ?? '';
    return isAbsolute(dir) ? dir : join(this.homeDir, fallback);
  }
}

const AGENT_HOME = /^agents\..+\.(?:config_)?home$/;
/** Options that are one path, or empty. */
const PATHS = new Set(['state.dir', 'ipc.socket', 'http.token_dir']);

/**
 * The value of an option as an absolute path where it is one; what is no path stays for the checks. `standard` is
 * what the defaults say, which an empty list of homes stands for.
 */
export function withAbsolutePaths(path: string, value: unknown, standard: unknown, places: Places): unknown {
  if (PATHS.has(path) && typeof value === 'string') return absoluteOr(path, value, places);
  if (path === 'resume.projects' && Array.isArray(value))
    return value.map((rule: unknown) => withAbsolutePath(rule, places));
  if (!isPathList(value)) return value;
  if (path === 'workflow.folders')
    return value.map((folder) => (/^~(\/|$)/.test(folder) ? places.absolute(folder) : folder));
  if (!AGENT_HOME.test(path)) return value;
  const homes = value.length === 0 && isPathList(standard) ? standard : value;
  return homes.map((home) => places.absolute(home));
}

/** The state has a place of its own where none is named. */
function absoluteOr(path: string, value: string, places: Places): string {
  if (value !== '') return places.absolute(value);
  return path === 'state.dir' ? places.stateDir() : value;
}

/** A rule for folders: what is no path of this user's stays, such as a glob that fits anywhere. */
function withAbsolutePath(rule: unknown, places: Places): unknown {
  if (!isRecord(rule) || typeof rule['path'] !== 'string') return rule;
  return /^(?:~(?:\/|$)|\$\{)/.test(rule['path']) ? { ...rule, path: places.absolute(rule['path']) } : rule;
}

function isPathList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((path) => typeof path === 'string' && path !== '');
}
