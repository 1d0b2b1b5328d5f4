import { Module } from '@nestjs/common';
import { WebhookChannel } from './webhook.channel.js';

/** Owns the channel that posts to an address. Emits nothing. */
@Module({ providers: [WebhookChannel] })
export class WebhookModule {}
