import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { EpisodeState } from '../../core/episode.js';
import type { DomainEvent, EventOf } from '../../core/events.js';
import { Clock } from '../../core/ports/clock.js';
import { EventBus } from '../../core/ports/event-bus.js';
import type { EpochMs } from '../../core/stop.js';
import { MetricRegistry } from './metric-registry.js';

type Recording = Readonly<{ metrics: MetricRegistry; startedMs: EpochMs; nowMs: EpochMs }>;
type Recorders = {
  readonly [Type in DomainEvent['type']]: (event: EventOf<Type>, recording: Recording) => void;
};

/** How each fact becomes numbers. An event without an entry does not compile. */
const RECORDERS: Recorders = {
  'session-stopped': recordStop,
  'wording-unknown': ({ session: { agent }, stop }, { metrics, startedMs }) => {
    if (stop.atMs >= startedMs) metrics.counter('palingenesis_unknown_wordings_total').add(1, { agent });
  },
  'stop-repeated': ({ episode: { agent } }, { metrics }) =>
    metrics.counter('palingenesis_duplicates_suppressed_total').add(1, { agent }),
  'reset-refined': ({ episode: { agent }, stated, actual }, { metrics }) =>
    metrics
      .histogram('palingenesis_reset_error_seconds')
      .record(Math.abs(actual.atMs - stated.atMs) / 1000, { agent, source: stated.source }),
  'session-progressed': () => undefined,
  'run-ended': ({ run: { agent, kind }, outcome: { result } }, { metrics }) =>
    metrics.counter('palingenesis_runs_total').add(1, { agent, kind, result }),
  'episode-changed': recordChange,
  'resume-withheld': ({ episode: { agent }, rule }, { metrics }) =>
    metrics.counter('palingenesis_resumes_withheld_total').add(1, { agent, rule }),
  'preflight-troubled': ({ episode: { agent }, problems }, { metrics }) =>
    problems.forEach(({ kind }) =>
      metrics.counter('palingenesis_preflight_troubles_total').add(1, { agent, kind }),
    ),
  'control-used': ({ control: { action, isDone } }, { metrics }) =>
    metrics
      .counter('palingenesis_control_actions_total')
      .add(1, { action, outcome: isDone ? 'done' : 'refused' }),
  'pause-changed': () => undefined,
  'settings-reloaded': () => undefined,
  'workflow-progressed': () => undefined,
  'workflow-unreadable': () => undefined,
  'request-audited': () => undefined,
  'notification-ended': ({ channel, outcome }, { metrics }) =>
    metrics.counter('palingenesis_notifications_total').add(1, { channel, outcome }),
};

/** What a resume has come to when its episode makes this change. */
const RESUME_OUTCOMES: Readonly<Partial<Record<`${EpisodeState} → ${EpisodeState}`, string>>> = {
  'verifying → saved': 'saved',
  'verifying → planned': 'no_progress',
  'verifying → parked': 'parked',
  'verifying → cancelled': 'cancelled',
  'resuming → cancelled': 'cancelled',
  'resuming → parked': 'start_failed',
  'resuming → planned': 'not_started',
};

/** Only what happens while the service runs: the first look at the disk tells of every stop there ever was. */
function recordStop({ session: { agent }, stop }: EventOf<'session-stopped'>, recording: Recording): void {
  const { metrics, startedMs, nowMs } = recording;
  if (stop.atMs < startedMs) return;
  const { reason, confidence, evidence, atMs } = stop;
  metrics.counter('palingenesis_stops_total').add(1, { agent, reason });
  metrics.histogram('palingenesis_classification_confidence').record(confidence, { agent });
  // The registry of processes does not tell when one ended; `atMs` is its last sign of life.
  if (evidence.source !== 'registry')
    metrics
      .histogram('palingenesis_detection_latency_seconds')
      .record(secondsBetween(atMs, nowMs), { agent });
}

function recordChange({ episode, from }: EventOf<'episode-changed'>, { metrics, nowMs }: Recording): void {
  const { agent, state, stop } = episode;
  const { reason } = stop;
  if (from === undefined) return metrics.counter('palingenesis_episodes_total').add(1, { agent, reason });
  const outcome = RESUME_OUTCOMES[`${from} → ${state}`];
  const strategy = episode.successor === undefined ? 'same_session' : 'new_session';
  if (outcome !== undefined)
    metrics.counter('palingenesis_resumes_total').add(1, { agent, strategy, outcome });
  if (state === 'saved') metrics.counter('palingenesis_saves_total').add(1, { agent, reason });
  if (state === 'parked') metrics.counter('palingenesis_parked_total').add(1, { agent, reason });
  if (state === 'planned' && from !== 'detected')
    metrics.counter('palingenesis_replans_total').add(1, { agent, from });
  if (state === 'resuming')
    metrics
      .histogram('palingenesis_wait_duration_seconds')
      .record(secondsBetween(stop.atMs, nowMs), { agent });
}

/** Clocks differ: a record from the near future counts as now. */
function secondsBetween(fromMs: EpochMs, toMs: EpochMs): number {
  return Math.max(0, toMs - fromMs) / 1000;
}

/** Listens to every event there is and counts it. */
@Injectable()
export class MetricsRecorder implements OnModuleInit {
  readonly #startedMs: EpochMs;

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly bus: EventBus,
    private readonly metrics: MetricRegistry,
  ) {
    this.#startedMs = clock.nowMs();
  }

  onModuleInit(): void {
    this.metrics.seed({ agent: Object.keys(this.config.agents) });
    for (const type of Object.keys(RECORDERS).filter(isEventType)) this.#listen(type);
  }

  #listen<Type extends DomainEvent['type']>(type: Type): void {
    this.bus.on(type, (event) =>
      RECORDERS[type](event, {
        metrics: this.metrics,
        startedMs: this.#startedMs,
        nowMs: this.clock.nowMs(),
      }),
    );
  }
}

function isEventType(type: string): type is DomainEvent['type'] {
  return type in RECORDERS;
}
