import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Collector } from '../support/collector/collector.js';
import type { ReceivedSpan } from '../support/collector/received.js';
import { scenarios, VERSIONS, type Scenario } from './scenario.js';

jest.setTimeout(240_000);

/** Every span of an episode below its parent; the agent's own spans end the tree. */
const TREE = {
  'monitor.classify': 'monitor.file_change',
  'resume.execute': 'monitor.classify',
  'resume.wait': 'resume.execute',
  'resume.gate': 'resume.execute',
  'resume.same_session': 'resume.execute',
  'resume.verify': 'resume.execute',
  'claude_code.interaction': 'resume.same_session',
};

describe.each(VERSIONS)('The trace of an episode of Claude Code %s', (version) => {
  const open = scenarios();
  const collectors: Collector[] = [];
  afterEach(() => Promise.all(collectors.splice(0).map((collector) => collector.close())));

  async function openTraced(): Promise<{ scenario: Scenario; collector: Collector }> {
    const collector = await Collector.start({ protocol: 'http' });
    collectors.push(collector);
    const settings = {
      'resume.margin_structured_s': '1',
      'otel.enabled': 'true',
      'otel.protocol': 'http',
      'otel.endpoint': collector.endpoint,
      'agents.claude-code.telemetry': 'true',
    };
    return { collector, scenario: await open({ version, settings }) };
  }

  it('is one, complete, over a restart in the wait', async () => {
    const { scenario, collector } = await openTraced();
    scenario.scriptLimits({ resetsInSec: [14] });
    const id = await scenario.launch();
    await scenario.untilEpisode(
      id,
      ({ state, stop }) => state === 'waiting' && stop.reset?.source === 'structured',
    );
    await collector.untilSpans((spans) => spans.some(({ name }) => name === 'monitor.classify'));
    await scenario.restartService();
    await expectWholeTrace(scenario, collector, id);
  });

  it('is one, complete, over a restart during the resume', async () => {
    const { scenario, collector } = await openTraced();
    const { id } = await scenario.launchUntilResuming(8000);
    await collector.untilSpans((spans) => spans.some(({ name }) => name === 'resume.gate'));
    await scenario.restartService();
    await expectWholeTrace(scenario, collector, id);
  });
});

async function expectWholeTrace(scenario: Scenario, collector: Collector, id: string): Promise<void> {
  const story = await scenario.untilSettled(id);
  expect(story.state).toBe('completed');
  const names = Object.keys(TREE);
  const all = await collector.untilSpans(
    (spans) => names.every((name) => spans.some((span) => span.name === name)),
    30_000,
  );
  const spans = all.filter(({ name }) => name in TREE || name === 'monitor.file_change');
  const execute = one(spans, 'resume.execute');
  const own = spans.filter(({ traceId }) => traceId === execute.traceId);
  for (const [name, parent] of Object.entries(TREE))
    expect([name, one(own, name).parentSpanId]).toEqual([name, one(own, parent).spanId]);
  expect(one(own, 'monitor.file_change').parentSpanId).toBe('');
  expectRightTimes(scenario, own);
  expect(execute.attributes).toMatchObject({
    stop_reason: 'usage_limit',
    strategy: 'same_session',
    attempt: 1,
    outcome: 'saved',
  });
}

/** The wait ends a margin after the reset, the run lies after it, and the attempt spans both. */
function expectRightTimes({ resetsMs }: Scenario, spans: ReceivedSpan[]): void {
  const [execute, wait, run] = [
    one(spans, 'resume.execute'),
    one(spans, 'resume.wait'),
    one(spans, 'resume.same_session'),
  ];
  expect(wait.endMs).toBe((resetsMs[0] ?? 0) + 1000);
  expect(wait.attributes['wait_duration_ms']).toBe(wait.endMs - wait.startMs);
  expect(execute.startMs).toBe(wait.startMs);
  expect(run.startMs).toBeGreaterThanOrEqual(wait.endMs);
  expect(run.endMs - run.startMs).toBeGreaterThan(500);
  expect(execute.endMs).toBeGreaterThanOrEqual(run.endMs);
}

function one(spans: ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  const [span, ...others] = found;
  if (span === undefined || others.length > 0) throw new Error(`${found.length} spans ${name}`);
  return span;
}
