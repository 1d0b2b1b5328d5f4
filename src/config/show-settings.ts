import { stringify } from 'smol-toml';
import type { LoadedSettings } from './load-settings.js';
import { isTable } from './option-catalog.js';
import { shareable } from './secrets.js';

/**
 * The settings in effect as TOML that could be used as a file, secrets aside; a comment per line says where its
 * value is from.
 */
export function showSettings({ options }: LoadedSettings): string {
  const sections = Map.groupBy(options.values(), ({ path }) => path.slice(0, path.lastIndexOf('.')));
  return [...sections].map(([section, given]) => `[${section}]\n${given.map(line).join('')}`).join('\n');
}

/** The same as data: each option by its path, secrets aside. */
export function shareableOptions({ options }: LoadedSettings): Record<string, object> {
  return Object.fromEntries(
    [...options].map(([path, { value, origin }]) => [path, { value: shareable(path, value), origin }]),
  );
}

function line({ path, value, origin }: { path: string; value: unknown; origin: string }): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const shown = shareable(path, value);
  const text = isTableList(shown)
    ? `${name} = [${shown.map(inline).join(', ')}]`
    : stringify({ [name]: shown });
  return `${text.trimEnd()}  # ${origin}\n`;
}

type Table = Readonly<Record<string, unknown>>;

/** Tables of their own would end the section the line is in. */
function isTableList(value: unknown): value is readonly Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

function inline(table: Table): string {
  return `{ ${stringify(table).trim().split('\n').join(', ')} }`;
}
