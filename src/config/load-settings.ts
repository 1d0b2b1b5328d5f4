import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigError } from './config-error.js';
import { readDefaults, readEnvironment, readFlags, readObject } from './layers.js';
import type { Environment, Given, Layer } from './layers.js';
import { OptionCatalog } from './option-catalog.js';
import { defaultEndpoint, readOtelKillSwitch, readOtelVariables } from './otel-variables.js';
import { Places, withAbsolutePaths } from './places.js';
import { unknownProblem, valueProblem } from './problems.js';
import type { Settings, SettingsGiven } from './settings.js';
import { toSettings } from './to-settings.js';
import { chooseUserFile, readUserFile, type ReadFile } from './user-file.js';

export const DEFAULTS_FILE = fileURLToPath(new URL('../../config/default.toml', import.meta.url));

export type LoadOptions = Readonly<{
  /** The flags alone, without node, script and command. */
  argv: readonly string[];
  env: Environment;
  /** What a program that embeds the service says; it wins over all but the flags. */
  settings?: SettingsGiven | undefined;
  /** False: no file but the defaults is read. */
  userFile?: false;
  homeDir?: string;
  defaultsFile?: string;
  readFile?: ReadFile;
}>;

export type LoadedSettings = Readonly<{
  settings: Settings;
  /** Every option by its dotted path, in the order of the defaults, with the layer whose value counts. */
  options: ReadonlyMap<string, Given>;
}>;

/** Reads all layers, later ones winning. Throws a `ConfigError` that names every problem of every layer. */
export function loadSettings(load: LoadOptions): LoadedSettings {
  const { readFile = (path) => readFileSync(path, 'utf8') } = load;
  const catalog = new OptionCatalog(readFile(load.defaultsFile ?? DEFAULTS_FILE));
  const places = new Places(load.env, load.homeDir ?? (load.env['HOME'] || homedir()));
  const layers = readLayers(load, readFile, catalog, places);

  const options = merge(layers, catalog, places);
  const { settings, refused } = toSettings(new Map([...options, ...derived(catalog, places)]));
  const problems = [
    ...layers.flatMap((layer) => layer.problems),
    ...unknownOptions(layers, catalog),
    ...refused.map(({ path, allowed }) => valueProblem(options.get(path) ?? missing(path), allowed)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { settings, options };
}

function readLayers(load: LoadOptions, readFile: ReadFile, catalog: OptionCatalog, places: Places): Layer[] {
  const flags = readFlags(load.argv, catalog);
  const file =
    load.userFile === false
      ? { given: [], problems: [] }
      : readUserFile(chooseUserFile(flags.config, load.env, places), readFile, catalog);
  const given = readObject(load.settings ?? {}, catalog);
  const ours = [file, readEnvironment(load.env, catalog), given, flags];
  return [readDefaults(catalog), readOtelVariables(load.env), ...ours, readOtelKillSwitch(load.env)];
}

function merge(layers: readonly Layer[], catalog: OptionCatalog, places: Places): Map<string, Given> {
  const known = layers.flatMap(({ given }) => given).filter(({ path }) => catalog.defaults.has(path));
  const winners = new Map(known.map((given) => [given.path, given]));
  for (const [path, given] of winners) {
    const value = withAbsolutePaths(path, given.value, catalog.defaults.get(path), places);
    winners.set(path, { ...given, value });
  }
  for (const given of inStateDir(winners, places)) winners.set(given.path, given);
  const endpoint = defaultEndpoint(winners);
  if (endpoint) winners.set(endpoint.path, endpoint);
  return winners;
}

/** What stands beside the state, as long as nobody says otherwise. */
function inStateDir(options: ReadonlyMap<string, Given>, places: Places): Given[] {
  const dir = options.get('state.dir')?.value;
  if (typeof dir !== 'string') return [];
  const standards = { 'ipc.socket': places.socket(dir), 'http.token_dir': dir };
  return Object.entries(standards).flatMap(([path, value]) => {
    const given = options.get(path);
    return given?.value === '' ? [{ ...given, value }] : [];
  });
}

function unknownOptions(layers: readonly Layer[], catalog: OptionCatalog): string[] {
  const unknown = layers.flatMap(({ given }) => given).filter(({ path }) => !catalog.defaults.has(path));
  return unknown.map((given) => unknownProblem(given, catalog));
}

/** What the settings tell besides the options: where each agent looks by itself when started from here. */
function derived(catalog: OptionCatalog, places: Places): [string, Given][] {
  return [...catalog.defaults].flatMap(([option, standard]) => {
    const section = /^(agents\..+)\.home$/.exec(option)?.[1];
    if (section === undefined) return [];
    const path = `${section}.default_homes`;
    const value = withAbsolutePaths(option, [], standard, places);
    return [[path, { path, value, origin: 'default' }]];
  });
}

const missing = (path: string): Given => ({ path, value: undefined, origin: 'default' });
