import { OtelOutage } from './otel-outage.js';

const MINUTE_MS = 60_000;

describe('OtelOutage', () => {
  let lines: string[];
  let nowMs: number;
  let outage: OtelOutage;

  beforeEach(() => {
    lines = [];
    nowMs = 0;
    const words = {
      warn: (line: string) => void lines.push(`warn ${line}`),
      log: (line: string) => void lines.push(`log ${line}`),
    };
    outage = new OtelOutage(words, 'http://c:4317', () => nowMs);
  });

  it('is told once, whatever fails and however often', () => {
    for (const signal of ['traces', 'logs', 'traces', 'metrics'] as const) outage.failed(signal, 'refused');
    expect(lines).toEqual([
      'warn telemetry does not reach http://c:4317: traces (refused); what does not fit the queue is dropped',
    ]);
  });

  it('is over when everything gets through again', () => {
    outage.failed('traces', 'refused');
    outage.failed('logs', 'refused');
    nowMs = 12_000;
    outage.delivered('traces');
    expect(outage.isOn).toBe(true);
    outage.delivered('logs');
    outage.delivered('logs');
    expect(outage.isOn).toBe(false);
    expect(lines.slice(1)).toEqual(['log telemetry reaches http://c:4317 again, after 12 s']);
  });

  it('is recalled every ten minutes, with everything that fails by then', () => {
    outage.failed('traces', 'refused');
    nowMs = 10 * MINUTE_MS - 1;
    outage.failed('logs', 'not found');
    expect(lines).toHaveLength(1);
    nowMs += 1;
    outage.failed('traces', 'refused');
    expect(lines[1]).toContain('traces (refused), logs (not found)');
  });

  it('goes unsaid when it follows another one within a minute', () => {
    outage.failed('traces', 'refused');
    outage.delivered('traces');
    nowMs = MINUTE_MS - 1;
    outage.failed('traces', 'refused');
    outage.delivered('traces');
    expect(lines).toHaveLength(2);
    nowMs = MINUTE_MS;
    outage.failed('traces', 'refused');
    expect(lines).toHaveLength(3);
  });
});
