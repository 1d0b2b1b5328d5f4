import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** Single values that outlive the process. */
@Injectable()
export class SettingRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async set(name: string, value: string): Promise<void> {
    await this.db
      .insertInto('settings')
      .values({ name, value })
      .onConflict((conflict) => conflict.doUpdateSet({ value }))
      .execute();
  }

  /** The value of this name; `initial` where it had none, and from then on. */
  async getOrSet(name: string, initial: string): Promise<string> {
    await this.db
      .insertInto('settings')
      .values({ name, value: initial })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await this.db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    return row.value;
  }
}
