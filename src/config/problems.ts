import { messageOf } from '../core/errors.js';
import type { Given } from './layers.js';
import type { OptionCatalog } from './option-catalog.js';
import { shareable } from './secrets.js';

const SHOWN_LENGTH = 80;

export function unknownProblem({ path, value, origin }: Given, catalog: OptionCatalog): string {
  return `${path}: no such option (given ${shown(path, value)}, ${origin}); ${catalog.hint(path)}`;
}

export function valueProblem({ path, value, origin }: Given, allowed: string): string {
  return `${path}: given ${shown(path, value)} (${origin}), allowed is ${allowed}`;
}

export function fileProblem(file: string, origin: string, error: unknown): string {
  return `${file} (${origin}): cannot be read, ${messageOf(error)}; name a TOML file that exists and is readable`;
}

function shown(path: string, value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(shareable(path, value), shareable);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
