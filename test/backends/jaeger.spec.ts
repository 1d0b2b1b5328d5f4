import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { TracedService } from '../support/traced-service.js';
import { findJaeger, JaegerProcess, type JaegerSpan } from './jaeger.js';

jest.setTimeout(60_000);

const isOptional = process.env['BACKENDS'] === 'optional';
const found = await findJaeger();
process.stderr.write(typeof found === 'string' ? `not run: Jaeger: ${found}\n` : 'run against Jaeger\n');

if (typeof found === 'string')
  describe('Jaeger', () => {
    it(isOptional ? 'was not run, for a reason' : 'can be had on this machine', () => {
      if (isOptional) expect(found).not.toBe('');
      else throw new Error(`${found}. Install Go, or set BACKENDS=optional to go on without.`);
    });
  });
else withJaeger(found.program);

const named = (name: string) => (span: JaegerSpan) => span.operationName === name;

function withJaeger(program: string): void {
  let jaeger: JaegerProcess;
  beforeAll(async () => {
    jaeger = await JaegerProcess.start(program);
  });
  afterAll(() => jaeger.stop());

  describe.each(['grpc', 'http'] as const)('a real Jaeger, spoken to by %s', (protocol) => {
    const service = `palingenesis-${protocol}`;
    let traces: JaegerSpan[][];
    let warnings: string[];

    beforeAll(async () => {
      const otel = { service_name: service, endpoint: jaeger.endpoints[protocol] };
      const traced = await TracedService.start({ protocol, otel });
      await traced.operate(3);
      await traced.stop();
      warnings = traced.lines(/"level":"warn"/);
      await traced.close();
      const isWhole = (all: JaegerSpan[][]) => all.flat().some(named('daemon.run'));
      traces = await jaeger.untilTraces(service, isWhole);
    });

    it('shows each operation as a tree, linked to the process', () => {
      const [daemon] = traces.flat().filter(named('daemon.run'));
      const operations = traces.filter((spans) => spans.some(named('test.operation')));
      expect(operations).toHaveLength(3);
      for (const spans of operations) {
        const operation = spans.find(named('test.operation'));
        const step = spans.find(named('test.step'));
        expect(step?.references).toMatchObject([{ refType: 'CHILD_OF', spanID: operation?.spanID }]);
        expect(operation?.references).toMatchObject([{ refType: 'FOLLOWS_FROM', spanID: daemon?.spanID }]);
      }
    });

    it('shows what the process has started below it', () => {
      const spans = traces.find((all) => all.some(named('daemon.run'))) ?? [];
      const daemon = spans.find(named('daemon.run'));
      expect(spans.find(named('monitor.watch'))?.references).toMatchObject([
        { refType: 'CHILD_OF', spanID: daemon?.spanID },
      ]);
    });

    it('takes no logs and metrics, which is said once', () => {
      expect(warnings).toEqual([expect.stringMatching(/telemetry does not reach .*: (logs|metrics)/)]);
    });
  });
}
