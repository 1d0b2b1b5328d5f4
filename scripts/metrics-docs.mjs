#!/usr/bin/env node
// Writes docs/metrics.md from the catalogue of metrics. With --check it only says whether that page is stale.
import '../test/support/type-strip.mjs';
import { writePage } from './write-page.mjs';

const { METRICS } = await import('../src/telemetry/metrics/metric-catalog.ts');

const INTRO = `# Metrics

Generated from \`src/telemetry/metrics/metric-catalog.ts\` by \`npm run docs:metrics\`; do not edit.

\`GET /metrics\` (and \`/api/v1/metrics\`) answers in the Prometheus text format, whether or not OpenTelemetry is
switched on; with \`otel.enabled\` and \`otel.metrics\` the same metrics go out by OTLP under the same names.
Counters start at 0 with the service. A label never holds an id or a path, and a value it does not know is "other".

\`deploy/prometheus/\` holds a scrape configuration and alert rules, \`deploy/grafana/\` a dashboard.
\`npm run check:dashboard -- http://127.0.0.1:7654\` compares both with what a running service exports.
`;

const escaped = (text) => text.replaceAll('|', '\\|');
const code = (text) => `\`${text}\``;

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');

const OVERVIEW = table(
  ['Metric', 'Kind', 'Unit', 'Labels', 'What it tells'],
  Object.entries(METRICS).map(([name, { kind, unit, labels, help }]) => [
    code(name),
    kind,
    code(unit),
    Object.keys(labels).map(code).join(', '),
    help,
  ]),
);

/** Each way a label is bounded, with the metrics that bound it so. */
function labelRows() {
  const rows = new Map();
  for (const [name, { labels }] of Object.entries(METRICS))
    for (const [label, { values, source, max }] of Object.entries(labels)) {
      const bound = values?.map(code).join(', ') ?? `${source}; at most ${max}`;
      const key = `${label} ${bound}`;
      const row = rows.get(key) ?? { label, bound, names: [] };
      row.names.push(code(name));
      rows.set(key, row);
    }
  return [...rows.values()].map(({ label, bound, names }) => [code(label), bound, names.join(', ')]);
}

const LABELS = table(['Label', 'Values', 'Metrics'], labelRows());

const BUCKETS = table(
  ['Histogram', 'Upper bounds'],
  Object.entries(METRICS)
    .filter(([, { kind }]) => kind === 'histogram')
    .map(([name, { buckets, unit }]) => [code(name), `${buckets.join(', ')} ${unit === '1' ? '' : unit}`]),
);

const markdown = [INTRO, OVERVIEW, '## Labels', LABELS, '## Buckets', BUCKETS].join('\n\n');
await writePage('metrics.md', 'docs:metrics', markdown);
