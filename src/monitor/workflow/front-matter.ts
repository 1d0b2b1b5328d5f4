import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from 'yaml';
import { messageOf } from '../../core/errors.js';
import { WORKFLOW_KEYS, type FrontMatterField, type FrontMatterProblem } from '../../core/workflow.js';

/** `none`: not the front matter of a workflow. */
export type FrontMatter = Readonly<
  | { kind: 'none' }
  | { kind: 'fields'; text: string; fields: readonly FrontMatterField[] }
  | { kind: 'broken'; text: string; problem: FrontMatterProblem }
>;

type Cut = Readonly<{ isWhole: boolean; isKnown: boolean }>;

const NONE: FrontMatter = { kind: 'none' };
const ADVICE = 'the last good state counts until that is corrected';
const FENCE = /^---[ \t]*$/;
const END = /^(---|\.\.\.)[ \t]*$/;
const MENTION = new RegExp(`^[ \\t{"',?]*(${WORKFLOW_KEYS.join('|')})["']?[ \\t]*:`, 'm');
/** More would be an attack on memory. */
const MAX_ALIASES = 100;

/**
 * The front matter at the head of a file. One that cannot be read only matters where it names one of the keys, or
 * the file is known as a workflow's (`isKnown`). Never throws.
 */
export function readFrontMatter(head: string, { isWhole, isKnown }: Cut): FrontMatter {
  const block = blockIn(head, isWhole);
  if (block === undefined || !(isKnown || MENTION.test(block.text))) return NONE;
  const { text, isClosed } = block;
  if (isClosed) return parse(text);
  const where = isWhole ? '' : ' within workflow.max_head_bytes';
  return broken(text, 1, `the front matter that begins here has no line --- at its end${where}`);
}

/** The lines between the fences. The last line of a cut head may be a part of one only. */
function blockIn(head: string, isWhole: boolean): { text: string; isClosed: boolean } | undefined {
  const lines = head.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (!isWhole) lines.pop();
  if (!FENCE.test(lines[0] ?? '')) return undefined;
  const end = lines.findIndex((line, index) => index > 0 && END.test(line));
  const isClosed = end !== -1;
  return { text: lines.slice(1, isClosed ? end : undefined).join('\n'), isClosed };
}

function parse(text: string): FrontMatter {
  try {
    return fieldsOf(text);
  } catch (error) {
    return broken(text, 1, `cannot be read as YAML: ${messageOf(error)}`);
  }
}

function fieldsOf(text: string): FrontMatter {
  const lines = new LineCounter();
  // Looking for repeated keys among n takes n² steps; of those that count there are few.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  // The opening fence is line 1.
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const [error] = document.errors;
  if (error !== undefined)
    return broken(text, lineAt(whereOf(error, document)), `no YAML: ${wordsOf(error)}`);
  const { contents } = document;
  if (contents === null) return NONE;
  if (!isMap(contents)) return broken(text, lineAt(contents.range[0]), 'these are no keys with values');
  const fields: FrontMatterField[] = [];
  for (const { key: name, value } of contents.items) {
    const key = WORKFLOW_KEYS.find((known) => isScalar(name) && name.value === known);
    if (key === undefined || !isScalar(name)) continue;
    const line = lineAt(name.range[0]);
    const resolved = resolve(value, document);
    if (resolved === undefined)
      return broken(text, line, `the aliases in ${key} lead nowhere or to too much`);
    fields.push({ key, value: resolved.value, line });
  }
  return fields.length === 0 ? NONE : { kind: 'fields', text, fields };
}

/** A value with what its aliases stand for, or undefined where that cannot be had. */
function resolve(node: unknown, document: Document.Parsed): { value: unknown } | undefined {
  try {
    return { value: isNode(node) ? node.toJS(document, { maxAliasCount: MAX_ALIASES }) : null };
  } catch {
    return undefined;
  }
}

const broken = (text: string, line: number, problem: string): FrontMatter => ({
  kind: 'broken',
  text,
  problem: { line, problem: `${problem}; ${ADVICE}` },
});

/** What is left open is noticed where the text ends; it is to be corrected where it begins. */
function whereOf({ message, pos: [offset] }: YAMLError, { contents }: Document): number {
  if (!/closing|end with/.test(message) || !isMap(contents)) return offset;
  const starts = contents.items.map(({ key }) => (isNode(key) ? (key.range?.[0] ?? 0) : 0));
  return starts.findLast((start) => start < offset) ?? offset;
}

/** The parser's words without what it quotes: a front matter can hold what belongs in no log. */
function wordsOf({ message }: YAMLError): string {
  return message.replace(/(?<=\w): .*|(?<=escape sequence) .*/s, '');
}
