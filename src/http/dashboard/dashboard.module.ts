import { Module } from '@nestjs/common';
import { DashboardController } from './dashboard.controller.js';

/** Owns the page at `/`. It is the service's: an application around `PalingenesisModule` has a root of its own. */
@Module({ controllers: [DashboardController] })
export class DashboardModule {}
