import { delimiter } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { OptionCatalog } from './option-catalog.js';
import { snakeCase } from './spelling.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** One option as one layer gives it; `origin` says which layer, for people. */
export type Given = Readonly<{ path: string; value: unknown; origin: string }>;

/** What a layer says, and what is wrong with how it says it. */
export type Layer = Readonly<{ given: readonly Given[]; problems: readonly string[] }>;

export function readDefaults(catalog: OptionCatalog): Layer {
  const given = [...catalog.defaults].map(([path, value]) => ({ path, value, origin: 'default' }));
  return { given, problems: [] };
}

export function readToml(file: string, text: string, catalog: OptionCatalog): Layer {
  try {
    const given = catalog
      .flatten(parse(text))
      .map(([path, value]) => ({ path, value: likeDefault(path, value, catalog), origin: `file ${file}` }));
    return { given, problems: [] };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { given: [], problems: [syntaxProblem(file, text, error)] };
  }
}

function syntaxProblem(file: string, text: string, error: TomlError): string {
  const [what = 'not TOML'] = error.message.split('\n');
  // A file with headers has secrets in it, and which lines these are cannot be told while it does not parse.
  const code = /\bheaders\b/.test(text) ? error.codeblock.replaceAll(/=.*/g, '= …') : error.codeblock;
  const lines = code.trimEnd().replaceAll(/^/gm, '    ');
  return `${file}, line ${error.line}, column ${error.column}: ${what}\n${lines}`;
}

/** Settings as a program gives them: the options by section, in TypeScript's spelling. */
export function readObject(settings: object, catalog: OptionCatalog): Layer {
  const given = catalog
    .flatten({ ...settings }, snakeCase)
    .filter(([, value]) => value !== undefined)
    .map(([path, value]) => ({ path, value: likeDefault(path, value, catalog), origin: 'the program' }));
  return { given, problems: [] };
}

const VARIABLE = /^palingenesis_(.+__.+)$/i;

export function readEnvironment(env: Environment, catalog: OptionCatalog): Layer {
  const given = Object.entries(env).flatMap(([variable, text]) => {
    const name = VARIABLE.exec(variable)?.[1];
    if (name === undefined || text === undefined) return [];
    const spelled = name.toLowerCase().replaceAll('__', '.');
    return [fromText(spelled, text, `environment ${variable}`, catalog)];
  });
  return { given, problems: [] };
}

export type Flags = Layer & Readonly<{ config: string | undefined }>;

export function readFlags(argv: readonly string[], catalog: OptionCatalog): Flags {
  const { pairs, problems } = pairFlags(argv);
  const given = pairs
    .filter(({ name }) => name !== 'config')
    .map(({ name, text }) => fromText(name, text, `flag --${name}`, catalog));
  return { given, problems, config: pairs.findLast(({ name }) => name === 'config')?.text };
}

type Pair = Readonly<{ name: string; text: string }>;

function pairFlags(argv: readonly string[]): { pairs: Pair[]; problems: string[] } {
  const pairs: Pair[] = [];
  const problems: string[] = [];
  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, name, attached] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? [];
    const text = attached ?? (name !== undefined && isValue(rest[0]) ? rest.shift() : undefined);
    if (name !== undefined && text !== undefined) pairs.push({ name, text });
    else problems.push(flagProblem(argument, name));
  }
  return { pairs, problems };
}

const isValue = (argument: string | undefined): boolean => argument?.startsWith('--') === false;

function flagProblem(argument: string, name: string | undefined): string {
  if (name !== undefined) return `${argument}: a value is missing; write --${name}=VALUE`;
  return `"${argument}": not a flag; write --SECTION.KEY=VALUE or --config FILE`;
}

function fromText(spelled: string, text: string, origin: string, catalog: OptionCatalog): Given {
  const path = catalog.named(spelled) ?? spelled;
  return { path, value: parseLike(path, catalog.defaults.get(path), text), origin };
}

/** Lists whose elements hold what separates paths. */
const NO_PATHS = new Set(['resume.quiet_hours', 'resume.projects']);

const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);

/** What is no number or boolean stays text, so that the checks can show it. */
function parseLike(path: string, sample: unknown, text: string): unknown {
  if (typeof sample === 'number') return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : text;
  if (typeof sample === 'boolean') return BOOLEANS.get(text.trim().toLowerCase()) ?? text;
  if (!Array.isArray(sample)) return text;
  if (text.trim().startsWith('[')) return parseList(text);
  return text.split(NO_PATHS.has(path) ? /[,\s]+/ : delimiter).filter((part) => part !== '');
}

/** A list as JSON, which TOML's inline lists of plain values are, too. */
function parseList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function likeDefault(path: string, value: unknown, catalog: OptionCatalog): unknown {
  if (!Array.isArray(catalog.defaults.get(path)) || typeof value !== 'string') return value;
  return value === '' ? [] : [value];
}
