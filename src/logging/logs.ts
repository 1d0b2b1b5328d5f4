import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { LogLevel, LogSettings } from '../config/settings.js';
import { humanFormat } from './human-format.js';
import type { LogListener } from './log-record.js';
import { LogSink } from './log-sink.js';
import { NestLogger } from './nest-logger.js';
import { pinoOptions } from './pino-options.js';
import { RotatingFile } from './rotating-file.js';
import type { TraceIdSource } from './trace-ids.js';

const MB = 1_000_000;

/** The part of `process.stdout` that is used. */
export type Stdout = Readonly<{
  isTTY?: boolean | undefined;
  hasColors?: () => boolean;
  write: (text: string) => unknown;
}>;

/** The one log of this process. */
export class Logs {
  /** What Nest logs through. */
  readonly logger: LoggerService;
  /** Fills `trace_id` and `span_id` of every record; without it there are none. */
  traceIds: TraceIdSource = () => undefined;
  readonly #sink = new LogSink();
  #level: LogLevel = 'info';

  constructor(
    version: string,
    private readonly stdout: Stdout = process.stdout,
  ) {
    const options = pinoOptions(version, () => this.traceIds());
    // The serializers it would wrap around ours are for requests, which are not logged that way.
    this.logger = new NestLogger([{ ...options, wrapSerializers: false }, this.#sink]);
  }

  get level(): LogLevel {
    return this.#level;
  }

  /** Until the settings are read again. */
  set level(level: LogLevel) {
    this.#level = level;
    PinoLogger.root.level = level;
  }

  async apply({ level, format, file, fileMaxMb, fileKeep }: LogSettings): Promise<void> {
    const isHuman = format === 'human' || (format === 'auto' && this.stdout.isTTY === true);
    const shape = isHuman ? await humanFormat(this.stdout.hasColors?.() ?? false) : undefined;
    this.level = level;
    this.#sink.printTo((line) => this.stdout.write(shape?.(line) ?? line));
    this.#sink.storeIn(file === '' ? undefined : new RotatingFile(absolute(file), fileMaxMb * MB, fileKeep));
  }

  /** Every record from now on, as it is written; returns how to stop it. Free while nobody listens. */
  onRecord(listener: LogListener): () => void {
    return this.#sink.listen(listener);
  }
}

function absolute(path: string): string {
  return resolve(path.replace(/^~(?=\/)/, homedir()));
}
