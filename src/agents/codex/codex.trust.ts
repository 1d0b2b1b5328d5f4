import { createHash } from 'node:crypto';
import { parse, TomlError } from 'smol-toml';
import type { PlacedHook } from '../hook-settings.js';
import { notEditable } from '../not-editable.js';

/** That the user trusts one hook, as a table of `config.toml` says it (0.169.0). */
export type Trust = Readonly<{ key: string; hash: string }>;

/** The trust of a hook, for a file of hooks that goes by this path. */
export function trustOf(
  file: string,
  { event, matcher, command, timeoutS, group, index }: PlacedHook,
): Trust {
  const name = event.replaceAll(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  const handler = { async: false, command, timeout: timeoutS, type: 'command' };
  // Its keys are in the order of the alphabet; what is left out is undefined here.
  const identity = JSON.stringify({ event_name: name, hooks: [handler], matcher });
  const hash = `sha256:${createHash('sha256').update(identity).digest('hex')}`;
  return { key: `${file}:${name}:${group}:${index}`, hash };
}

/** The text of a `config.toml` that trusts these, in tables at its end; as given where it does. Throws where it is broken. */
export function withTrust(
  path: string,
  text: string | undefined,
  trusts: readonly Trust[],
): string | undefined {
  if (text !== undefined) checkToml(path, text);
  const missing = trusts.filter(({ key, hash }) => tableOf(text ?? '', key)?.hash !== hash);
  if (missing.length === 0) return text;
  const tables = missing.map(({ key, hash }) => `${headerOf(key)}\ntrusted_hash = "${hash}"\n`);
  const free = withoutTrust(text ?? '', missing);
  const edited = [free.replace(/(?<=[^\n])$/, '\n'), ...tables].filter((part) => part !== '').join('\n');
  checkToml(path, edited, 'its hooks.state leaves no place for more tables: ');
  return edited;
}

/** The text without these, whatever they say. */
export function withoutTrust(text: string, trusts: readonly Trust[]): string {
  return trusts.reduce((edited, { key }) => withoutTable(edited, key), text);
}

/** The text with the trust of one hook under another key. */
export function withTrustMoved(text: string, from: string, to: string): string {
  return text.replace(headerOf(from), () => headerOf(to));
}

function headerOf(key: string): string {
  return `[hooks.state.${JSON.stringify(key)}]`;
}

type Table = Readonly<{ start: number; end: number; hash: string | undefined }>;

function tableOf(text: string, key: string): Table | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === headerOf(key));
  if (start < 0) return undefined;
  const length = lines.slice(start + 1).findIndex((line) => !/^\s*[\w-]+\s*=/.test(line));
  const end = length < 0 ? lines.length : start + 1 + length;
  const hash = lines
    .slice(start + 1, end)
    .flatMap((line) => /^\s*trusted_hash\s*=\s*"([^"]*)"/.exec(line)?.[1] ?? []);
  return { start, end, hash: hash[0] };
}

/** Also without the empty line before it. */
function withoutTable(text: string, key: string): string {
  const table = tableOf(text, key);
  if (table === undefined) return text;
  const lines = text.split('\n');
  const start = lines[table.start - 1]?.trim() === '' ? table.start - 1 : table.start;
  return lines.toSpliced(start, table.end - start).join('\n');
}

function checkToml(path: string, text: string, because = ''): void {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = 'not TOML'] = error.message.split('\n');
    throw notEditable(path, `${because}line ${error.line}: ${what}`);
  }
}
