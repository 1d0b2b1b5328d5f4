import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import type { Notification } from '../../../core/notification.js';
import { Channel, Undeliverable } from '../../../core/ports/channel.js';
import { iso } from '../../../core/stop.js';
import { NotificationChannel } from '../../notification-channel.decorator.js';

/** Answers that say "later", not "no". */
const TRY_AGAIN = [408, 425, 429];

/** Posts each note as JSON to an address, which is a secret: whoever has it can post there. */
@NotificationChannel()
@Injectable()
export class WebhookChannel extends Channel {
  readonly id = 'webhook';

  constructor(private readonly config: Config) {
    super();
  }

  override isSetUp(): boolean {
    return this.config.notify.webhook.url !== '';
  }

  async notify(note: Notification, signal: AbortSignal): Promise<void> {
    const response = await fetch(this.config.notify.webhook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': note.id },
      body: JSON.stringify(bodyOf(note)),
      // What is sent elsewhere than configured has left the machine unasked.
      redirect: 'manual',
      signal,
    });
    await response.body?.cancel();
    const { ok, status } = response;
    if (ok) return;
    if (status >= 500 || TRY_AGAIN.includes(status)) throw new Error(`it answers ${status}`);
    throw new Undeliverable(`it answers ${status}`);
  }
}

/** `text` is what the incoming webhooks of chats show. */
function bodyOf(note: Notification): object {
  const { id, kind, atMs, title, text, agent, sessionId, reason, episodeId, cwd } = note;
  return {
    text: `${title}\n${text}`,
    id,
    kind,
    at: iso(atMs),
    title,
    detail: text,
    agent,
    session_id: sessionId,
    reason,
    episode_id: episodeId ?? null,
    cwd: cwd ?? null,
  };
}
