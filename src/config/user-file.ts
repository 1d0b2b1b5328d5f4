import { readToml } from './layers.js';
import type { Environment, Layer } from './layers.js';
import type { OptionCatalog } from './option-catalog.js';
import type { Places } from './places.js';
import { fileProblem } from './problems.js';

export type ReadFile = (path: string) => string;

type Choice = Readonly<{ file: string; origin: string; optional: boolean }>;

/** Only one file is read: the one that is named, or else the one at the usual place, which may be missing. */
export function chooseUserFile(flag: string | undefined, env: Environment, places: Places): Choice {
  const variable = env['PALINGENESIS_CONFIG'] || undefined;
  const named = flag ?? variable;
  if (named === undefined) return { file: places.configFile(), origin: 'the usual place', optional: true };
  const origin = flag === undefined ? 'environment PALINGENESIS_CONFIG' : 'flag --config';
  return { file: places.absolute(named), origin, optional: false };
}

export function readUserFile(choice: Choice, readFile: ReadFile, catalog: OptionCatalog): Layer {
  try {
    return readToml(choice.file, readFile(choice.file), catalog);
  } catch (error) {
    if (choice.optional && isMissing(error)) return { given: [], problems: [] };
    return { given: [], problems: [fileProblem(choice.file, choice.origin, error)] };
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
