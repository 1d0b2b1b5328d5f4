import { stringify } from 'smol-toml';
import type { LoadedSettings } from './load-settings.js';

/** The settings in effect as TOML that could be used as a file; a comment per line says where its value is from. */
export function showSettings({ options }: LoadedSettings): string {
  const sections = Map.groupBy(options.values(), ({ path }) => path.slice(0, path.lastIndexOf('.')));
  return [...sections].map(([section, given]) => `[${section}]\n${given.map(line).join('')}`).join('\n');
}

function line({ path, value, origin }: { path: string; value: unknown; origin: string }): string {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return `${stringify({ [name]: value }).trimEnd()}  # ${origin}\n`;
}
