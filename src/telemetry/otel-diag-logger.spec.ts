import { OtelDiagLogger } from './otel-diag-logger.js';

describe('OtelDiagLogger', () => {
  it('passes each kind of warning on once in ten minutes', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const logger = new OtelDiagLogger(
      (line) => void lines.push(line),
      () => false,
      () => nowMs,
    );
    logger.warn('Dropped 5 spans');
    logger.warn('Dropped 17 spans');
    logger.error('partial success', { rejected: 1 }.rejected);
    logger.info();
    expect(lines).toEqual(['OpenTelemetry: Dropped 5 spans', 'OpenTelemetry: partial success 1']);
    nowMs = 600_000;
    logger.warn('Dropped 99 spans');
    expect(lines[2]).toBe('OpenTelemetry: Dropped 99 spans');
  });

  it('is quiet while it only repeats what is known', () => {
    const lines: string[] = [];
    new OtelDiagLogger(
      (line) => void lines.push(line),
      () => true,
    ).error('connect ECONNREFUSED');
    expect(lines).toEqual([]);
  });
});
