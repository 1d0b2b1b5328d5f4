import { listOf, recordOf, stringOf, type JsonRecord } from '../../core/json-record.js';

/** The text blocks of a message, joined; a plain string counts as one. */
export function textOf(message: JsonRecord | undefined): string {
  const content = message?.['content'];
  if (typeof content === 'string') return content;
  return listOf(content)
    .map((block) => stringOf(recordOf(block)?.['text']))
    .filter((text) => text !== undefined)
    .join('\n');
}

/** A record the agent marks as its own error; versions before the mark had the error's name alone. */
export function isErrorRecord(record: JsonRecord): boolean {
  const marked = record['isApiErrorMessage'];
  if (marked !== undefined) return marked === true;
  return (
    stringOf(record['error']) !== undefined || recordOf(record['quotaLimits'])?.['status'] === 'rejected'
  );
}

/** What the program itself notes down of a local command (`/model`, `! ls`); no turn of the model begins. */
export const LOCAL_COMMAND = /^\s*<(?:command-|local-command-|bash-)/;

/** A compaction writes its summary as a user record; nobody asked anything. */
export function isSummary(record: JsonRecord): boolean {
  return record['isCompactSummary'] === true || record['isVisibleInTranscriptOnly'] === true;
}
