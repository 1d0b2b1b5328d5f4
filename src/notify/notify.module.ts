import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { WebhookModule } from './channels/webhook/webhook.module.js';
import { EpisodeSubscriptions } from './episode-subscriptions.js';
import { Notifier } from './notifier.js';

/** One line per channel. */
const CHANNEL_MODULES = [WebhookModule];

/** Owns what humans and modules of others are told. Emits `notification-ended`. */
@Module({ imports: [DiscoveryModule, ...CHANNEL_MODULES], providers: [Notifier, EpisodeSubscriptions] })
export class NotifyModule {}
