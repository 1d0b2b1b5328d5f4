import { parse } from 'smol-toml';
import { distance } from './distance.js';

type Table = Record<string, unknown>;
type PathAndValue = [path: string, value: unknown];

/** The options there are: those of the defaults file, by dotted path, in its order. */
export class OptionCatalog {
  readonly defaults: ReadonlyMap<string, unknown>;
  private readonly sections: ReadonlySet<string>;

  constructor(defaultsToml: string) {
    this.defaults = new Map(flatten(parse(defaultsToml), () => true));
    this.sections = new Set([...this.defaults.keys()].flatMap(parentsOf));
  }

  /** The values of a parsed file by path; a table that is no section of ours stays whole. `spell` turns its names into ours. */
  flatten(file: Table, spell?: (name: string) => string): PathAndValue[] {
    return flatten(file, (path) => this.sections.has(path), '', spell);
  }

  /** The path of the option that is meant where upper case, and `_` for `-`, are allowed. */
  named(path: string): string | undefined {
    const wanted = separatorsAlike(path);
    return [...this.defaults.keys()].find((known) => separatorsAlike(known) === wanted);
  }

  /** What to write instead of an unknown path. */
  hint(unknown: string): string {
    const [nearest] = this.known()
      .map((path) => ({ path, far: howFar(unknown, path) }))
      .filter(({ far }) => far <= Math.max(2, unknown.length / 3))
      .sort((a, b) => a.far - b.far);
    return nearest ? `did you mean ${nearest.path}?` : this.namesNear(unknown);
  }

  private namesNear(unknown: string): string {
    const parent = parentsOf(unknown).find((path) => this.sections.has(path));
    const start = parent === undefined ? '' : `${parent}.`;
    const names = this.known()
      .filter((path) => path.startsWith(start) && !path.includes('.', start.length))
      .map((path) => path.slice(start.length));
    return `allowed ${parent === undefined ? 'sections' : `in ${parent}`}: ${names.join(', ')}`;
  }

  private known(): string[] {
    return [...this.sections, ...this.defaults.keys()];
  }
}

export function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function flatten(
  table: Table,
  isSection: (path: string) => boolean,
  prefix = '',
  spell = (name: string): string => name,
): PathAndValue[] {
  return Object.entries(table).flatMap(([key, value]): PathAndValue[] => {
    const path = prefix + spell(key);
    return isTable(value) && isSection(path) ? flatten(value, isSection, `${path}.`, spell) : [[path, value]];
  });
}

/** Nearest first. */
function parentsOf(path: string): string[] {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  return parent === '' ? [] : [parent, ...parentsOf(parent)];
}

const separatorsAlike = (path: string): string => path.toLowerCase().replaceAll('-', '_');

const nameIn = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** A right name in a wrong section counts as near. */
function howFar(given: string, known: string): number {
  const [from, to] = [separatorsAlike(given), separatorsAlike(known)];
  return Math.min(distance(from, to), 1 + distance(nameIn(from), nameIn(to)));
}
