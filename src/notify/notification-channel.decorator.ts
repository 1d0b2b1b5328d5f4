import { DiscoveryService } from '@nestjs/core';

/** Marks a provider as a `Channel`; it is found wherever its module is imported. */
export const NotificationChannel = DiscoveryService.createDecorator();
