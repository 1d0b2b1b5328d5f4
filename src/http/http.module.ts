import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { ResumeModule } from '../resume/resume.module.js';
import { localOnly } from './access/local-only.middleware.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { EpisodesController } from './episodes/episodes.controller.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { ServiceGauges } from './metrics/service-gauges.js';
import { SignalsController } from './signals/signals.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { StatusController } from './status/status.controller.js';

/** Owns the REST API. Emits nothing. */
@Module({
  imports: [ResumeModule],
  controllers: [
    HealthController,
    StatusController,
    SessionsController,
    SignalsController,
    EpisodesController,
    AccountsController,
    MetricsController,
  ],
  providers: [HealthService, RequestMetrics, ServiceGauges],
})
export class HttpModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(localOnly).forRoutes('{*path}');
  }
}
