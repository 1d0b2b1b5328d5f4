import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { Config } from '../config/config.js';
import { AnswerRepository } from './answer.repository.js';
import { openDatabase } from './database.js';
import { EventRepository } from './event.repository.js';
import { EpisodeRepository } from './episode.repository.js';
import { PauseRepository } from './pause.repository.js';
import { RunRepository } from './run.repository.js';
import type { Schema } from './schema.js';
import { StateLock } from './state-lock.module.js';
import { DATABASE } from './tokens.js';

/** Owns the database of the state folder: episodes, their audit trail, runs, the pause, what was told on the event stream. Emits nothing. */
@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      // Where there is a lock, it is taken before anything is opened.
      inject: [Config, { token: StateLock, optional: true }],
      useFactory: (config: Config) => openDatabase(join(config.state.dir, 'palingenesis.db')),
    },
    AnswerRepository,
    EpisodeRepository,
    EventRepository,
    PauseRepository,
    RunRepository,
  ],
  exports: [AnswerRepository, EpisodeRepository, EventRepository, PauseRepository, RunRepository],
})
export class StoreModule implements OnApplicationShutdown {
  constructor(@Inject(DATABASE) private readonly db: Kysely<Schema>) {}

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy();
  }
}
