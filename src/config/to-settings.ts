import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { isTable } from './option-catalog.js';
import { Settings } from './settings.js';
import { camelCase, snakeCase } from './spelling.js';

type Values = ReadonlyMap<string, Readonly<{ value: unknown }>>;
type Refusal = Readonly<{ path: string; allowed: string }>;

/** Typed, frozen settings, and the options whose values are not allowed; the settings count only without any. */
export function toSettings(options: Values): { settings: Settings; refused: Refusal[] } {
  const settings = plainToInstance(Settings, toTree(options));
  const refused = [
    ...refusals(validateSync(settings)),
    ...Object.entries(settings.agents).flatMap(([id, agent]) =>
      refusals(validateSync(agent), `agents.${id}.`),
    ),
  ];
  return { settings: deepFreeze(settings), refused };
}

type Tree = Record<string, unknown>;

function toTree(options: Values): Tree {
  const root: Tree = {};
  for (const [path, { value }] of options) {
    const sections = path.split('.');
    const name = sections.pop() ?? path;
    sections.reduce(childOf, root)[camelCase(name)] = value;
  }
  return root;
}

function childOf(tree: Tree, section: string): Tree {
  const existing = tree[section];
  const child = isTable(existing) ? existing : {};
  tree[section] = child;
  return child;
}

function refusals(errors: readonly ValidationError[], prefix = ''): Refusal[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const path = prefix + snakeCase(property);
    const own = Object.values(constraints).map((allowed) => ({ path, allowed }));
    return [...own, ...refusals(children, `${path}.`)];
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
