import { CONTROL_ACTIONS } from '../../core/control.js';
import { EPISODE_STATES, isOpen } from '../../core/episode.js';
import { WITHHELD_RULES } from '../../core/events.js';
import { STOP_REASONS } from '../../core/stop.js';
import { TROUBLES } from '../../core/trouble.js';
import type { LabelSpec, MetricSpec } from './metric-spec.js';

const agent: LabelSpec = { source: 'id of the agent', max: 16 };
const reason: LabelSpec = { values: STOP_REASONS };
const method: LabelSpec = { values: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] };
const route: LabelSpec = { source: 'pattern of the route', max: 100 };
const status: LabelSpec = { values: ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] };

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** Every metric this program exports, by its Prometheus name. The names are public API. */
export const METRICS = {
  palingenesis_info: {
    kind: 'gauge',
    unit: '1',
    help: 'Always 1; the labels say what runs.',
    labels: { version: { source: 'version of the service', max: 1 } },
  },
  palingenesis_state: {
    kind: 'gauge',
    unit: '1',
    help: '1 for the state the service is in: paused, it watches and records but resumes nothing.',
    labels: { state: { values: ['running', 'paused'] } },
  },
  palingenesis_uptime_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'How long the service has been running.',
    labels: {},
  },
  palingenesis_sessions: {
    kind: 'gauge',
    unit: '{session}',
    help: 'Sessions the service knows, by what their own records say.',
    labels: { agent, state: { values: ['starting', 'listed', 'working', 'stopped', 'completed'] } },
  },
  palingenesis_stops_total: {
    kind: 'counter',
    unit: '{stop}',
    help: 'Stops seen since the start, by reason; a stop that is judged anew counts under its new reason, too.',
    labels: { agent, reason },
  },
  palingenesis_unknown_wordings_total: {
    kind: 'counter',
    unit: '{stop}',
    help: 'Stops whose words no rule knows: the agent has learnt a new message.',
    labels: { agent },
  },
  palingenesis_classification_confidence: {
    kind: 'histogram',
    unit: '1',
    help: 'How sure the reason of a stop is: 1 for a field the agent defines, 0 for words nobody knows.',
    labels: { agent },
    buckets: [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
  },
  palingenesis_detection_latency_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'From the time on the record that shows a stop until the service knew of it. Ends of processes carry no time and are left out.',
    labels: { agent },
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, MINUTE_S, 300],
  },
  palingenesis_duplicates_suppressed_total: {
    kind: 'counter',
    unit: '{stop}',
    help: 'Stops told again by a second source, and not acted on again.',
    labels: { agent },
  },
  palingenesis_reset_error_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How far the reset first stated was from the one a better source told later, by the source of the first.',
    labels: { agent, source: { values: ['structured', 'header', 'relative', 'text'] } },
    buckets: [0, 1, 5, 15, 30, MINUTE_S, 5 * MINUTE_S, HOUR_S, DAY_S],
  },
  palingenesis_episodes_total: {
    kind: 'counter',
    unit: '{episode}',
    help: 'Episodes opened: stops that something is to be done about, older ones found at the start included.',
    labels: { agent, reason },
  },
  palingenesis_open_episodes: {
    kind: 'gauge',
    unit: '{episode}',
    help: 'Episodes that are not over, by state: waiting for a due time, parked for a human, …',
    labels: { agent, state: { values: EPISODE_STATES.filter(isOpen) } },
  },
  palingenesis_wait_overdue_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'How long the longest due wait is past its due time; 0 when none is due.',
    labels: {},
  },
  palingenesis_wait_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'From a stop until the resume that answers it started.',
    labels: { agent },
    buckets: [
      ...[1, 5, 15, 30, MINUTE_S, 2 * MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, 30 * MINUTE_S],
      ...[HOUR_S, 2 * HOUR_S, 5 * HOUR_S, 12 * HOUR_S, DAY_S, 7 * DAY_S],
    ],
  },
  palingenesis_replans_total: {
    kind: 'counter',
    unit: '{plan}',
    help: 'Due times that replaced an earlier plan, by the state the episode was in.',
    labels: { agent, from: { values: ['waiting', 'gated', 'preflight', 'resuming', 'verifying', 'parked'] } },
  },
  palingenesis_resumes_total: {
    kind: 'counter',
    unit: '{resume}',
    help: 'Resumes that are over, by outcome; saved means proved by new work of the model.',
    labels: {
      agent,
      strategy: { values: ['same_session', 'new_session'] },
      outcome: { values: ['saved', 'no_progress', 'parked', 'cancelled', 'start_failed', 'not_started'] },
    },
  },
  palingenesis_resumes_withheld_total: {
    kind: 'counter',
    unit: '{resume}',
    help: 'Resumes that were not done when they were due, or will not be, by what keeps them; each reason of an episode once.',
    labels: { agent, rule: { values: WITHHELD_RULES } },
  },
  palingenesis_preflight_troubles_total: {
    kind: 'counter',
    unit: '{trouble}',
    help: 'What was found to be in the way of a resume before it was due.',
    labels: { agent, kind: { values: TROUBLES } },
  },
  palingenesis_control_actions_total: {
    kind: 'counter',
    unit: '{action}',
    help: 'What people asked for in a session, by what came of it.',
    labels: { action: { values: CONTROL_ACTIONS }, outcome: { values: ['done', 'refused'] } },
  },
  palingenesis_saves_total: {
    kind: 'counter',
    unit: '{save}',
    help: 'Episodes that ended with new work of the model, by the reason of the stop.',
    labels: { agent, reason },
  },
  palingenesis_parked_total: {
    kind: 'counter',
    unit: '{episode}',
    help: 'Episodes handed to a human, by the reason of the stop.',
    labels: { agent, reason },
  },
  palingenesis_runs_total: {
    kind: 'counter',
    unit: '{run}',
    help: 'Agent processes of ours that ended, by what they were for and what their output says.',
    labels: { agent, kind: { values: ['launch', 'resume'] }, result: { values: ['ok', 'failed', 'none'] } },
  },
  palingenesis_notifications_total: {
    kind: 'counter',
    unit: '{notification}',
    help: 'Notifications that are over, by channel: delivered, failed after all tries, or dropped because too many waited.',
    labels: {
      channel: { source: 'id of the channel', max: 16 },
      outcome: { values: ['delivered', 'failed', 'dropped'] },
    },
  },
  palingenesis_http_requests_total: {
    kind: 'counter',
    unit: '{request}',
    help: 'HTTP requests answered or broken off.',
    labels: { method, route, status },
  },
  palingenesis_http_request_duration_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'From the arrival of an HTTP request to the end of its answer; an event stream ends when its reader leaves.',
    labels: { method, route, status },
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  palingenesis_otel_dropped_total: {
    kind: 'counter',
    unit: '{item}',
    help: 'Spans, log records and metric points that were never delivered to the collector.',
    labels: {
      signal: { values: ['traces', 'logs', 'metrics'] },
      reason: { values: ['queue_full', 'export_failed', 'timeout', 'shutdown'] },
    },
  },
  process_cpu_user_seconds_total: {
    kind: 'counter',
    unit: 's',
    help: 'Processor time spent in the program itself.',
    labels: {},
  },
  process_cpu_system_seconds_total: {
    kind: 'counter',
    unit: 's',
    help: 'Processor time spent in the kernel on its behalf.',
    labels: {},
  },
  process_resident_memory_bytes: {
    kind: 'gauge',
    unit: 'By',
    help: 'Memory the process holds.',
    labels: {},
  },
  process_open_fds: {
    kind: 'gauge',
    unit: '{descriptor}',
    help: 'Open file descriptors, where the system tells.',
    labels: {},
  },
  process_start_time_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'When the process started, since the Unix epoch.',
    labels: {},
  },
  nodejs_heap_size_total_bytes: {
    kind: 'gauge',
    unit: 'By',
    help: 'Size of the JavaScript heap.',
    labels: {},
  },
  nodejs_heap_size_used_bytes: {
    kind: 'gauge',
    unit: 'By',
    help: 'Used part of the JavaScript heap.',
    labels: {},
  },
  nodejs_external_memory_bytes: {
    kind: 'gauge',
    unit: 'By',
    help: 'Memory of objects that are bound to JavaScript ones.',
    labels: {},
  },
  nodejs_eventloop_lag_mean_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'Mean delay of the event loop since the reading before; measured from the first reading on.',
    labels: {},
  },
  nodejs_eventloop_lag_p99_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'Delay of the event loop that 99 % stayed below since the reading before.',
    labels: {},
  },
  nodejs_eventloop_lag_max_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'Longest delay of the event loop since the reading before.',
    labels: {},
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export type MetricName = keyof typeof METRICS;
export type MetricKind = MetricSpec['kind'];

export type MetricOf<Kind extends MetricKind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** Exactly the labels the catalogue names. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<keyof (typeof METRICS)[Name]['labels'], string>
>;
