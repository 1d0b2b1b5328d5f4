import { Inject, Injectable } from '@nestjs/common';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.js';
import { DATABASE } from './tokens.js';

const NAME = 'paused';

/** Whether acting is paused; kept across restarts. */
@Injectable()
export class PauseRepository {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async isPaused(): Promise<boolean> {
    const row = await this.db
      .selectFrom('settings')
      .select('value')
      .where('name', '=', NAME)
      .executeTakeFirst();
    return row?.value === 'true';
  }

  async set(paused: boolean): Promise<void> {
    const value = String(paused);
    await this.db
      .insertInto('settings')
      .values({ name: NAME, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute();
  }
}
