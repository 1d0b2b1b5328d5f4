import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { anEpisode, aSession } from '../../../test/support/an-episode.js';
import { EngineWorld } from '../../../test/support/engine-world.js';
import { MetricRegistry } from '../../telemetry/metrics/metric-registry.js';
import { prometheusText } from '../../telemetry/metrics/prometheus-text.js';
import { ServiceGauges } from './service-gauges.js';

let world: EngineWorld;
let metrics: MetricRegistry;
let gauges: ServiceGauges;
beforeEach(async () => {
  world = await EngineWorld.create();
  metrics = new MetricRegistry();
  const { clock, sessions, episodes, engine } = world;
  gauges = new ServiceGauges(clock, sessions, episodes, engine, metrics);
  gauges.onModuleInit();
});
afterEach(() => world.dispose());

async function lines(): Promise<readonly string[]> {
  return prometheusText(await metrics.snapshot())
    .split('\n')
    .filter((line) => line.startsWith('palingenesis_'));
}

describe('the gauges of the service', () => {
  it('tell whether it is paused', async () => {
    expect(await lines()).toContain('palingenesis_state{state="running"} 1');
    await world.engine.setPaused(true);
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'palingenesis_state{state="running"} 0',
        'palingenesis_state{state="paused"} 1',
      ]),
    );
  });

  it('count sessions and the open episodes that are stored', async () => {
    world.sessions.known.set('session-1', aSession());
    await world.episodes.create(anEpisode({ state: 'parked' }));
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'palingenesis_sessions{agent="claude-code",state="stopped"} 1',
        'palingenesis_open_episodes{agent="claude-code",state="parked"} 1',
      ]),
    );
  });

  it('tell how far the longest due wait is overdue', async () => {
    const nowMs = world.clock.nowMs();
    await world.engine.setPaused(true);
    await world.episodes.create(anEpisode({ state: 'waiting', dueAtMs: nowMs + 10_000 }));
    expect(await lines()).toContain('palingenesis_wait_overdue_seconds 0');
    await world.passes(25_000);
    expect(await lines()).toContain('palingenesis_wait_overdue_seconds 15');
  });

  it('stay as last seen once the store closes', async () => {
    await lines();
    gauges.beforeApplicationShutdown();
    await world.db.destroy();
    expect(await lines()).toContain('palingenesis_state{state="running"} 1');
  });
});
