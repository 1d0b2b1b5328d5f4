import type { LabelValues, Reading } from './metric-spec.js';

/** The content type of `prometheusText`. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The readings in the Prometheus text format 0.0.4. A metric without a series still says what it is. */
export function prometheusText(readings: readonly Reading[]): string {
  return readings.flatMap((reading) => [...head(reading), ...samples(reading), '']).join('\n');
}

function head({ name, spec }: Reading): readonly string[] {
  const help = spec.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${spec.kind}`];
}

function samples(reading: Reading): readonly string[] {
  const { name } = reading;
  if (reading.kind === 'number')
    return reading.series.map(({ labels, value }) => sample(name, labels, value));
  const bounds = [...reading.spec.buckets, Infinity].map(numberText);
  return reading.series.flatMap(({ labels, counts, sum }) => {
    let count = 0;
    const buckets = bounds.map((le, index) => {
      count += counts[index] ?? 0;
      return sample(`${name}_bucket`, { ...labels, le }, count);
    });
    return [...buckets, sample(`${name}_sum`, labels, sum), sample(`${name}_count`, labels, count)];
  });
}

function sample(name: string, labels: LabelValues, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
