import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { lockInstance } from './instance-lock.js';

/** Keeps all others away from the state folder while this application lives. */
@Injectable()
export class StateLock implements OnApplicationShutdown {
  readonly #unlock: () => void;

  /** Throws `AlreadyRunningError`. */
  constructor(config: Config) {
    this.#unlock = lockInstance(config.state.dir);
  }

  onApplicationShutdown(): void {
    this.#unlock();
  }
}

/** Owns the lock of an application that embeds the service; the service itself takes it before Nest starts. Emits nothing. */
@Global()
@Module({ providers: [StateLock], exports: [StateLock] })
export class StateLockModule {}
