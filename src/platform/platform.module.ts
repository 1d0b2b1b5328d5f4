import { Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Clock } from '../core/ports/clock.js';
import { EventBus } from '../core/ports/event-bus.js';
import { LocalProbe } from '../core/ports/local-probe.js';
import { ProcessHost } from '../core/ports/process-host.js';
import { LocalEventBus } from './local-event-bus.js';
import { LocalProcessHost } from './local-process-host.js';
import { Orphans } from './orphans.js';
import { SystemClock } from './system-clock.js';
import { SystemProbe } from './system-probe.js';
import { Tmux } from './tmux.js';

/** Owns the real clock, the processes of this machine and the event bus. Emits nothing itself. */
@Global()
@Module({
  // For its registry alone: what an application around this one has scheduled is not ours to run.
  imports: [ScheduleModule.forRoot({ cronJobs: false, intervals: false, timeouts: false })],
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: EventBus, useClass: LocalEventBus },
    { provide: ProcessHost, useClass: LocalProcessHost },
    { provide: LocalProbe, useClass: SystemProbe },
    Orphans,
    Tmux,
  ],
  exports: [Clock, EventBus, LocalProbe, Orphans, ProcessHost, Tmux],
})
export class PlatformModule {}
