import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { Config } from '../config/config.js';
import { Clock } from '../core/ports/clock.js';
import { Leases } from '../core/ports/leases.js';
import { AccountRepository } from './account.repository.js';
import { AnswerRepository } from './answer.repository.js';
import { EventRepository } from './event.repository.js';
import { EpisodeRepository } from './episode.repository.js';
import { HomeLeases } from './home-leases.js';
import { openOrReplace } from './open-or-replace.js';
import { PauseRepository } from './pause.repository.js';
import { RunRepository } from './run.repository.js';
import { SettingRepository } from './setting.repository.js';
import type { Schema } from './schema.js';
import { StateLock } from './state-lock.module.js';
import { DATABASE } from './tokens.js';

/**
 * Owns the database of the state folder: episodes, their audit trail, runs, accounts, the pause, what was told on the
 * event stream; and the leases in the agents' homes. Emits nothing.
 */
@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      // Where there is a lock, it is taken before anything is opened.
      inject: [Config, Clock, { token: StateLock, optional: true }],
      useFactory: (config: Config, clock: Clock) =>
        openOrReplace(join(config.state.dir, 'palingenesis.db'), clock.nowMs()),
    },
    AccountRepository,
    AnswerRepository,
    EpisodeRepository,
    EventRepository,
    PauseRepository,
    RunRepository,
    SettingRepository,
    { provide: Leases, useClass: HomeLeases },
  ],
  exports: [
    AccountRepository,
    AnswerRepository,
    EpisodeRepository,
    EventRepository,
    Leases,
    PauseRepository,
    RunRepository,
    SettingRepository,
  ],
})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}
