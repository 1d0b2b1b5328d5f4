import { Logger } from '@nestjs/common';
import { messageOf } from '../core/errors.js';
import { parseRecord, type LogListener } from './log-record.js';
import type { RotatingFile } from './rotating-file.js';

export type LogFile = Pick<RotatingFile, 'path' | 'write' | 'close'>;

/** Where each line goes: stdout, a file, and whoever listens. */
export class LogSink {
  readonly #log = new Logger('Logs');
  readonly #listeners = new Set<LogListener>();
  #print: (line: string) => void = () => undefined;
  #file: LogFile | undefined;
  #fileFails = false;
  #isTelling = false;

  printTo(print: (line: string) => void): void {
    this.#print = print;
  }

  /** Closes the file before. */
  storeIn(file: LogFile | undefined): void {
    this.#file?.close();
    this.#file = file;
    this.#fileFails = false;
  }

  listen(listener: LogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  write(line: string): void {
    this.#print(line);
    if (this.#file !== undefined) this.#store(line, this.#file);
    if (this.#listeners.size > 0 && !this.#isTelling) this.#tell(line);
  }

  /** Tells once that it fails, and once that it works again; what is said of it comes back here. */
  #store(line: string, file: LogFile): void {
    const failed = this.#fileFails;
    try {
      file.write(line);
      this.#fileFails = false;
    } catch (error) {
      this.#fileFails = true;
      if (!failed)
        this.#log.warn('the log file cannot be written; going on without it', {
          file: file.path,
          error: messageOf(error),
        });
    }
    if (failed && !this.#fileFails) this.#log.log('the log file is written again', { file: file.path });
  }

  /** What a listener logs itself is not told, or it would never end. */
  #tell(line: string): void {
    this.#isTelling = true;
    try {
      const record = parseRecord(line);
      for (const listener of this.#listeners) listener(record);
    } catch (error) {
      this.#log.warn('a listener of the log failed', { error: messageOf(error) });
    } finally {
      this.#isTelling = false;
    }
  }
}
