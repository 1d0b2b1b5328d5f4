import { numberOf, stringOf } from '../../core/json-record.js';
import {
  SessionQueries,
  type ListedSession,
  type ReadMark,
  type Rows,
} from '../../core/ports/session-database.js';

/** A turn is at most the newest message and those just before it. */
const NEWEST = 20;
/** Messages that may still change; more than this wait in one home at no time. */
const MAX_OPEN = 1000;
/** Of a message only what tells its state: its data can hold whole diffs. */
const MESSAGE = `select id, time_created, json_object(
    'role', json_extract(data, '$.role'),
    'mode', json_extract(data, '$.mode'),
    'time', json_extract(data, '$.time'),
    'finish', json_extract(data, '$.finish'),
    'error', json_extract(data, '$.error'),
    'modelID', json_extract(data, '$.modelID'),
    'providerID', json_extract(data, '$.providerID')) as data
  from message where session_id = ? order by time_created desc, id desc limit ${NEWEST}`;
/** A call that was not permitted ends the turn, which its message does not tell. */
const REFUSED = `select message_id as refused_in from part where message_id = ?
  and json_extract(data, '$.state.error') like 'The user rejected permission%' limit 1`;
/** Of the parts the texts, and of tools what they were given; what they answered can be megabytes. */
const MAX_PARTS = 20_000;
const PARTS = `select part.id, part.message_id, json_extract(message.data, '$.role') as role, json_object(
    'type', json_extract(part.data, '$.type'),
    'text', json_extract(part.data, '$.text'),
    'synthetic', json(iif(json_extract(part.data, '$.synthetic'), 'true', 'false')),
    'files', json_extract(part.data, '$.files'),
    'tool', json_extract(part.data, '$.tool'),
    'callID', json_extract(part.data, '$.callID'),
    'status', json_extract(part.data, '$.state.status'),
    'input', json_object(
      'filePath', json_extract(part.data, '$.state.input.filePath'),
      'command', json_extract(part.data, '$.state.input.command'),
      'description', json_extract(part.data, '$.state.input.description'))) as data
  from part join message on message.id = part.message_id
  where part.session_id = ? and json_extract(part.data, '$.type') in ('text', 'tool', 'patch')
  order by message.time_created desc, message.id desc, part.id desc limit ${MAX_PARTS}`;
const TODOS = `select content as todo, status from todo where session_id = ? order by position`;
const IS_OPEN = `json_extract(data, '$.role') = 'assistant' and json_extract(data, '$.time.completed') is null`;

/** The tables of OpenCode 1.18.33 that hold sessions and messages. Only indexed reads but for the listing. */
export class OpenCodeQueries extends SessionQueries {
  list(rows: Rows, limit: number): readonly ListedSession[] {
    const sql = `select id, time_updated from session
      where parent_id is null and time_archived is null order by time_updated desc limit ?`;
    return rows.select(sql, limit).flatMap((row) => {
      const [id, modifiedMs] = [stringOf(row['id']), numberOf(row['time_updated'])];
      return id === undefined || modifiedMs === undefined ? [] : [{ id, modifiedMs }];
    });
  }

  mark(rows: Rows): ReadMark {
    const last = lastIn(rows);
    const open = rows.select(
      `select id from message where rowid > ? and ${IS_OPEN} order by rowid desc limit ?`,
      last - MAX_OPEN,
      MAX_OPEN,
    );
    return { last, open: open.map(({ id }) => String(id)) };
  }

  changedSince(rows: Rows, mark: ReadMark): { ids: readonly string[]; mark: ReadMark } {
    const last = lastIn(rows);
    const fresh = rows.select(
      `select id, session_id, ${IS_OPEN} as open from message where rowid > ? order by rowid`,
      mark.last,
    );
    const waited = rows.select(
      `select id, session_id, ${IS_OPEN} as open from message where id in (select value from json_each(?))`,
      JSON.stringify(mark.open),
    );
    const changed = [...fresh, ...waited.filter(({ open }) => open !== 1)];
    const open = [...waited, ...fresh].filter(({ open }) => open === 1).map(({ id }) => String(id));
    return {
      ids: [...new Set(changed.map((row) => String(row['session_id'])))],
      mark: { last, open: open.slice(-MAX_OPEN) },
    };
  }

  override story(rows: Rows, id: string): readonly string[] {
    const parts = rows.select(PARTS, id).toReversed();
    return [...parts, ...rows.select(TODOS, id)].map((row) => JSON.stringify(row));
  }

  records(rows: Rows, id: string): readonly string[] {
    const session = rows.select('select id, parent_id, directory, version from session where id = ?', id);
    const messages = rows.select(MESSAGE, id).toReversed();
    const refused = rows.select(REFUSED, stringOf(messages.at(-1)?.['id']) ?? '');
    return [...session, ...messages, ...refused].map((row) => JSON.stringify(row));
  }
}

/** Lower than before where the last messages were taken back: the next ones get their numbers again. */
function lastIn(rows: Rows): number {
  const [row] = rows.select('select max(rowid) as last from message');
  return numberOf(row?.['last']) ?? 0;
}
