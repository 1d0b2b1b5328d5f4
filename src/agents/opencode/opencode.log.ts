import type { Signal } from '../../core/signal.js';
import { classifyOpenCodeError } from './opencode.classifier.js';

/** The model is asked, or a try has failed; what is asked on the side, such as for a title, is `small`. */
const LINE =
  /^timestamp=(\S+) level=(?:INFO .*\bmessage=(stream)|ERROR .*\bmessage="stream error") .*\bsession\.id=(\S+) .*\bsmall=false\b/;
/** A value with blanks is quoted; an error that is no text is written field by field: `error.error.message=Overloaded`. */
const ERROR_FIELD = /\berror\.error(?:\.([\w.]+))?=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;
const NAME = /^AI_APICallError: /;

/**
 * What a line of the log says (1.18.33): the only trace on disk of why a message waits for its next try. When that
 * comes it does not say; the next try is a line of its own.
 */
export function logSignals(line: string, zone: string): readonly Signal[] {
  const [, time, isNewTry, sessionId] = LINE.exec(line) ?? [];
  const atMs = Date.parse(time ?? '');
  if (sessionId === undefined || Number.isNaN(atMs)) return [];
  const base = { sessionId, atMs, source: 'log' as const };
  if (isNewTry !== undefined) return [{ ...base, kind: 'working' }];
  const error = errorIn(line);
  if (error === undefined) return [];
  const verdict = classifyOpenCodeError(error, { atMs, zone }, 'opencode log');
  return [{ ...base, kind: 'waits', verdict: { ...verdict, waitsItself: true } }];
}

function errorIn(line: string): object | undefined {
  const fields = [...line.matchAll(ERROR_FIELD)].map(([, name = 'message', quoted, bare]) => {
    const text = quoted ?? bare ?? '';
    return [name, text.replace(NAME, '')] as const;
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}
