import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { anEpisode, aSession, aStop, NOON } from '../../../test/support/an-episode.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { EpisodeState } from '../../core/episode.js';
import type { Stop } from '../../core/stop.js';
import { LocalEventBus } from '../../platform/local-event-bus.js';
import { MetricRegistry } from './metric-registry.js';
import { prometheusText } from './prometheus-text.js';
import { MetricsRecorder } from './record-metrics.js';

let clock: FakeClock;
let bus: LocalEventBus;
let metrics: MetricRegistry;
beforeEach(() => {
  clock = new FakeClock(NOON);
  bus = new LocalEventBus();
  metrics = new MetricRegistry();
  new MetricsRecorder(testConfig('/nowhere'), clock, bus, metrics).onModuleInit();
});

/** The samples that are not 0, and no bucket but the last. */
async function counted(): Promise<readonly string[]> {
  return prometheusText(await metrics.snapshot())
    .split('\n')
    .filter((line) => line !== '' && !/^#| 0$|_bucket/.test(line))
    .map((line) => line.replace('palingenesis_', '').replace('agent="claude-code"', 'a'));
}

const stops = (change: Partial<Stop>): void =>
  bus.publish({ type: 'session-stopped', session: aSession(), stop: aStop(change) });

const changes = (from: EpisodeState | undefined, state: EpisodeState, stop = aStop()): void =>
  bus.publish({ type: 'episode-changed', episode: anEpisode({ state, stop }), from });

describe('stops', () => {
  it('count by reason, with their confidence and how late they were seen', async () => {
    await clock.advance(1500);
    stops({ atMs: NOON + 1000, confidence: 0.95 });
    expect(await counted()).toEqual([
      'stops_total{a,reason="usage_limit"} 1',
      'classification_confidence_sum{a} 0.95',
      'classification_confidence_count{a} 1',
      'detection_latency_seconds_sum{a} 0.5',
      'detection_latency_seconds_count{a} 1',
    ]);
  });

  it('from before the start are history', async () => {
    stops({ atMs: NOON - 1 });
    expect(await counted()).toEqual([]);
  });

  it('that only the process registry shows tell no latency', async () => {
    await clock.advance(60_000);
    const evidence = { source: 'registry', rule: 'stale-claim', text: '' };
    stops({ reason: 'crash', atMs: NOON + 1, evidence });
    expect(await counted()).not.toContainEqual(expect.stringContaining('latency'));
    expect(await counted()).toContain('stops_total{a,reason="crash"} 1');
  });

  it('from a clock that is ahead were seen at once', async () => {
    stops({ atMs: NOON + 9000 });
    expect(await counted()).toContain('detection_latency_seconds_count{a} 1');
    expect(await counted()).not.toContainEqual(expect.stringContaining('latency_seconds_sum'));
  });

  it('in words nobody knows are told apart', async () => {
    const told = (atMs: number): void =>
      bus.publish({
        type: 'wording-unknown',
        session: aSession(),
        stop: aStop({ atMs, wordingUnknown: true }),
      });
    told(NOON - 1);
    told(NOON + 1);
    expect(await counted()).toContain('unknown_wordings_total{a} 1');
  });
});

describe('episodes', () => {
  it('count when they open', async () => {
    changes(undefined, 'detected');
    changes('detected', 'waiting');
    expect(await counted()).toEqual(['episodes_total{a,reason="usage_limit"} 1']);
  });

  it('tell how long the wait was when the resume starts', async () => {
    await clock.advance(90_000);
    changes('waiting', 'resuming');
    expect(await counted()).toEqual(['wait_duration_seconds_sum{a} 90', 'wait_duration_seconds_count{a} 1']);
  });

  it.each<[EpisodeState, EpisodeState, string]>([
    ['verifying', 'saved', 'saved'],
    ['verifying', 'planned', 'no_progress'],
    ['verifying', 'parked', 'parked'],
    ['verifying', 'cancelled', 'cancelled'],
    ['resuming', 'parked', 'start_failed'],
    ['resuming', 'planned', 'not_started'],
  ])('count a resume that ends in %s → %s as %s', async (from, to, outcome) => {
    changes(from, to);
    const resumes = `resumes_total{a,strategy="same_session",outcome="${outcome}"} 1`;
    expect(await counted()).toContain(resumes);
  });

  it('count saves and what is parked by reason', async () => {
    changes('verifying', 'saved');
    changes('detected', 'parked', aStop({ reason: 'billing' }));
    expect(await counted()).toEqual([
      'resumes_total{a,strategy="same_session",outcome="saved"} 1',
      'saves_total{a,reason="usage_limit"} 1',
      'parked_total{a,reason="billing"} 1',
    ]);
  });

  it('count a new due time, but not the first', async () => {
    changes('detected', 'planned');
    changes('waiting', 'planned');
    changes('verifying', 'planned');
    expect(await counted()).toEqual([
      'replans_total{a,from="waiting"} 1',
      'replans_total{a,from="verifying"} 1',
      'resumes_total{a,strategy="same_session",outcome="no_progress"} 1',
    ]);
  });
});

describe('runs', () => {
  it('count by kind and result', async () => {
    const contract = { cwd: '/project', home: '/home/.claude' };
    const run = { id: 'run-1', agent: 'claude-code', sessionId: 's', contract, startedAtMs: NOON };
    const outcome = { result: 'ok', deniedTools: [] } as const;
    bus.publish({ type: 'run-ended', run: { ...run, kind: 'resume' }, outcome });
    expect(await counted()).toEqual(['runs_total{a,kind="resume",result="ok"} 1']);
  });
});

it('no label is left to "other"', async () => {
  stops({ atMs: NOON });
  changes('resuming', 'waiting');
  expect(prometheusText(await metrics.snapshot())).not.toContain('"other"');
});
