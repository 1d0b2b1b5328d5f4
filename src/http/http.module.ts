import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ResumeModule } from '../resume/resume.module.js';
import { Access } from './access/access.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { ControlController } from './control/control.controller.js';
import { EpisodesController } from './episodes/episodes.controller.js';
import { EventJournal } from './events/event-journal.js';
import { EventStreams } from './events/event-streams.js';
import { EventsController } from './events/events.controller.js';
import { ExplainController } from './explain/explain.controller.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { IpcServer } from './ipc/ipc-server.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { RequestMetrics } from './metrics/request-metrics.js';
import { ServiceGauges } from './metrics/service-gauges.js';
import { OpenApiDocument } from './openapi/openapi-document.js';
import { OpenApiController } from './openapi/openapi.controller.js';
import { SignalsController } from './signals/signals.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { StatusController } from './status/status.controller.js';

/** Owns the REST API and the event stream. Emits `request-audited`. */
@Module({
  imports: [DiscoveryModule, ResumeModule],
  controllers: [
    HealthController,
    StatusController,
    SessionsController,
    SignalsController,
    ControlController,
    EpisodesController,
    AccountsController,
    EventsController,
    ExplainController,
    MetricsController,
    OpenApiController,
  ],
  providers: [
    Access,
    EventJournal,
    EventStreams,
    HealthService,
    IpcServer,
    OpenApiDocument,
    RequestMetrics,
    ServiceGauges,
  ],
})
export class HttpModule {}
