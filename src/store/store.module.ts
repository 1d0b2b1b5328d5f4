import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { Config } from '../config/config.js';
import { Leases } from '../core/ports/leases.js';
import { AccountRepository } from './account.repository.js';
import { openDatabase } from './database.js';
import { EpisodeRepository } from './episode.repository.js';
import { HomeLeases } from './home-leases.js';
import { PauseRepository } from './pause.repository.js';
import { RunRepository } from './run.repository.js';
import { SettingRepository } from './setting.repository.js';
import type { Schema } from './schema.js';
import { DATABASE } from './tokens.js';

/** Owns the database of the state folder: episodes, their audit trail, runs, accounts, the pause; and
 * the leases in the agents' homes. Emits nothing. */
@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      inject: [Config],
      useFactory: (config: Config) => openDatabase(join(config.state.dir, 'palingenesis.db')),
    },
    AccountRepository,
    EpisodeRepository,
    PauseRepository,
    RunRepository,
    SettingRepository,
    { provide: Leases, useClass: HomeLeases },
  ],
  exports: [AccountRepository, EpisodeRepository, Leases, PauseRepository, RunRepository],
})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}
