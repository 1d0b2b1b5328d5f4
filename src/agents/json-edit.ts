import { findNodeAtLocation, parseTree, type JSONPath, type Node } from 'jsonc-parser';

/**
 * Edits of JSON, with comments or without, that leave every other character as it is. The library's own write what
 * stands around an edit anew.
 */

/** The text with one more entry at the end of the list or object at a place; in an object it has a name. */
export function withEntry(text: string, place: JSONPath, value: unknown, name?: string): string {
  const holder = nodeAt(text, place);
  const last = holder?.children?.at(-1);
  if (holder === undefined) return text;
  if (last === undefined) return withOnlyEntry(text, holder, value, name);
  if (lineStart(text, last.offset) <= holder.offset)
    return spliced(text, endOf(last), 0, `, ${written(value, name)}`);
  return withNextLine(text, last, written(value, name, { text, indent: indentAt(text, last.offset) }));
}

/** A comment behind the last entry stays with it, and a list that ends in a comma still does. */
function withNextLine(text: string, last: Node, entry: string): string {
  const line = `${eolOf(text)}${indentAt(text, last.offset)}${entry}`;
  const comment = /^(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)/.exec(text.slice(endOf(last)));
  if (comment === null) return spliced(text, endOf(last), 0, `,${line}`);
  const [words, comma = ''] = comment;
  const edited = spliced(text, endOf(last) + words.length, 0, `${line}${comma}`);
  return comma === '' ? spliced(edited, endOf(last), 0, ',') : edited;
}

function withOnlyEntry(text: string, holder: Node, value: unknown, name?: string): string {
  const outer = indentAt(text, holder.offset);
  const indent = `${outer}${unitOf(text)}`;
  const eol = eolOf(text);
  const inner = text.slice(holder.offset + 1, endOf(holder) - 1);
  const entry = written(value, name, { text, indent });
  return spliced(
    text,
    holder.offset + 1,
    inner.length,
    `${inner.trimEnd()}${eol}${indent}${entry}${eol}${outer}`,
  );
}

/** The text without the entry at a place, its comma, and its lines where nothing else stands on them. */
export function withoutEntry(text: string, place: JSONPath): string {
  const node = nodeAt(text, place);
  if (node === undefined) return text;
  // In an object the entry is the name with its value.
  const entry = typeof place.at(-1) === 'string' ? (node.parent ?? node) : node;
  const siblings = entry.parent?.children ?? [];
  const before = siblings[siblings.indexOf(entry) - 1];
  const comma = /^\s*,/.exec(text.slice(endOf(entry)))?.[0] ?? '';
  const free = withoutRange(text, entry.offset, endOf(entry) + comma.length);
  if (comma !== '' || before === undefined) return free;
  return free.slice(0, endOf(before)) + free.slice(endOf(before)).replace(/^\s*,(?:[ \t]+(?=[\]}]))?/, '');
}

export function isEmptyAt(text: string, place: JSONPath): boolean {
  return nodeAt(text, place)?.children?.length === 0;
}

function withoutRange(text: string, start: number, end: number): string {
  const lineEnd = /^[ \t]*(?=\r?\n|$)/.exec(text.slice(end))?.[0].length;
  const hasLines = lineEnd !== undefined && text.slice(lineStart(text, start), start).trim() === '';
  if (!hasLines) return spliced(text, start, end - start, '');
  const from = text.slice(0, lineStart(text, start)).replace(/\r?\n$/, '').length;
  return spliced(text, from, end + lineEnd - from, '');
}

type Around = Readonly<{ text: string; indent: string }>;

/** On one line, or indented as the text around it. */
function written(value: unknown, name: string | undefined, around?: Around): string {
  const json = JSON.stringify(value, null, around === undefined ? undefined : unitOf(around.text));
  const lines = around === undefined ? json : json.replaceAll('\n', `${eolOf(around.text)}${around.indent}`);
  return name === undefined ? lines : `${JSON.stringify(name)}: ${lines}`;
}

function nodeAt(text: string, place: JSONPath): Node | undefined {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return tree && findNodeAtLocation(tree, place);
}

const endOf = ({ offset, length }: Node): number => offset + length;

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? '';

const unitOf = (text: string): string => /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';

const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

function spliced(text: string, offset: number, length: number, instead: string): string {
  return text.slice(0, offset) + instead + text.slice(offset + length);
}
