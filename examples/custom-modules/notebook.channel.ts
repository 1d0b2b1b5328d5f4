import { appendFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Channel, NotificationChannel, type Notification } from 'palingenesis';

/** Writes to a file what a human must hear of. */
@NotificationChannel()
@Injectable()
export class NotebookChannel extends Channel {
  readonly id = 'notebook';
  readonly #file = process.env['NOTEBOOK'] ?? '';

  override isSetUp(): boolean {
    return this.#file !== '';
  }

  async notify({ title, text }: Notification): Promise<void> {
    await appendFile(this.#file, `${title}: ${text}\n`);
  }
}
