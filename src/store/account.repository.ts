import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Account } from '../core/account.js';
import { parseGate, parseWindows } from './parse-columns.js';
import type { Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** Accounts that met a limit: their windows and their gates, so that a restart changes nothing. */
@Injectable()
export class AccountRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async all(): Promise<readonly Account[]> {
    const rows = await this.db.selectFrom('accounts').selectAll().execute();
    return rows.map(({ id, agent, home, windows_json, gate_json }) => ({
      id,
      agent,
      home,
      windows: parseWindows(windows_json),
      gate: parseGate(gate_json),
    }));
  }

  async save({ id, agent, home, windows, gate }: Account): Promise<void> {
    const state = { windows_json: JSON.stringify(windows), gate_json: JSON.stringify(gate) };
    await this.db
      .insertInto('accounts')
      .values({ id, agent, home, ...state })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(state))
      .execute();
  }
}
