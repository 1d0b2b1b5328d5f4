import { join } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import type { DomainEvent } from '../core/events.js';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { RotatingFile } from '../logging/rotating-file.js';
import { AUDITED, auditLine } from './audit-line.js';

const MB = 1_000_000;

/** Writes each decision down, one line each, as soon as it is made. What cannot be written stops nothing. */
@Injectable()
export class AuditTrail implements OnModuleInit, OnApplicationShutdown {
  readonly #log = new Logger('Audit');
  readonly #file: RotatingFile;
  #isFailing = false;

  constructor(
    config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
  ) {
    const { fileMaxMb, fileKeep } = config.audit;
    this.#file = new RotatingFile(join(config.state.dir, 'audit.jsonl'), fileMaxMb * MB, fileKeep);
  }

  onModuleInit(): void {
    for (const type of AUDITED) this.#listen(type);
  }

  onApplicationShutdown(): void {
    this.#file.close();
  }

  #listen<Type extends DomainEvent['type']>(type: Type): void {
    this.bus.on(type, (event) => {
      const line = auditLine(event, type, this.clock.nowMs());
      if (line !== undefined) this.#write(line);
    });
  }

  /** Warns when it begins to fail, and tells when it works again; the database has the trail of episodes, too. */
  #write(line: string): void {
    try {
      this.#file.write(line);
      if (this.#isFailing) this.#log.log(`${this.#file.path} is written again`);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn(`${this.#file.path} cannot be written: ${messageOf(error)}`);
      this.#isFailing = true;
      this.#file.close();
    }
  }
}
