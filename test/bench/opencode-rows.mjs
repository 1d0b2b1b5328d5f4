import { mkdirSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';

const FIXTURES = new URL('../fixtures/opencode/', import.meta.url);

/** A database of OpenCode with so many sessions, all with an open turn; written to as the agent writes. */
export class OpenCodeRows {
  #db;
  #failed;

  constructor(home, sessions) {
    mkdirSync(join(home, 'log'), { recursive: true });
    this.#db = new DatabaseSync(join(home, 'opencode.db'));
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = normal');
    const rows = JSON.parse(
      readFileSync(new URL('usage_limit_gave_up/opencode.rows.json', FIXTURES), 'utf8'),
    );
    this.#failed = rows.message.at(-1).data;
    this.#copySchema();
    this.#db.exec('begin');
    for (const session of sessions) this.#add(session);
    this.#db.exec('commit');
  }

  #copySchema() {
    const mould = fileURLToPath(new URL('usage_limit/opencode.db', FIXTURES));
    this.#db.exec(`attach '${mould}' as mould`);
    const statements = this.#db.prepare('select sql from mould.sqlite_master where sql is not null').all();
    for (const { sql } of statements) this.#db.exec(sql);
    this.#db.exec('insert into project select * from mould.project');
    this.#db.exec(
      'create temp table s as select * from mould.session; create temp table m as select * from mould.message',
    );
    this.#db.exec('detach mould');
  }

  #add({ id, cwd }) {
    const nowMs = Date.now();
    this.#db.prepare('update s set id = ?, directory = ?, time_updated = ?').run(id, cwd, nowMs);
    this.#db.exec('insert into session select * from s');
    const messages = this.#db.prepare('select * from m order by time_created').all();
    for (const [n, message] of messages.entries())
      this.#db
        .prepare('insert into message values (?, ?, ?, ?, ?)')
        .run(`${id}-${n}`, id, nowMs - messages.length + n, nowMs, message.data);
    this.#db
      .prepare('insert into part values (?, ?, ?, ?, ?, ?)')
      .run(`${id}-part`, `${id}-${messages.length - 1}`, id, nowMs, nowMs, '{}');
  }

  /** The text of the open message grows, as it does many times a second. */
  work({ id }, text) {
    const data = JSON.stringify({ type: 'text', text });
    this.#db
      .prepare('update part set data = ?, time_updated = ? where id = ?')
      .run(data, Date.now(), `${id}-part`);
  }

  stop({ id }) {
    const nowMs = Date.now();
    const data = JSON.stringify({ ...this.#failed, time: { created: nowMs, completed: nowMs } });
    this.#db
      .prepare(
        'update message set data = ?, time_updated = ? where id = (select max(id) from message where session_id = ?)',
      )
      .run(data, nowMs, id);
  }

  close() {
    this.#db.close();
  }
}
