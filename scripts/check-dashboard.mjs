#!/usr/bin/env node
// Compares the dashboard and the alert rules with what a running service exports: every metric, label and label value
// they ask for must exist there, or in the catalogue where a series appears only later.
// Usage: npm run check:dashboard -- URL [--dashboard FILE] [--alerts FILE]; exit code 1 names what is wrong.
import '../test/support/type-strip.mjs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { METRICS } = await import('../src/telemetry/metrics/metric-catalog.ts');

const inRepo = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { values: files, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dashboard: { type: 'string', default: inRepo('deploy/grafana/palingenesis.json') },
    alerts: { type: 'string', default: inRepo('deploy/prometheus/alerts.yml') },
  },
});

/** Prometheus adds these to whatever it scrapes. */
const TARGET_LABELS = ['job', 'instance'];
const TARGET_METRICS = ['up'];
const OPERATORS = ['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'];
const AGGREGATIONS = ['by', 'without'];
const GROUPINGS = [...AGGREGATIONS, 'on', 'ignoring', 'group_left', 'group_right'];
const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<range>\[[^\]]*\])|(?<name>[a-zA-Z_:][\w:]*)|(?<other>\$?[\d.]+\w*|=~|!~|!=|[=<>]=?|.))/gy;

/** What a query asks for: metrics with their matchers, and the labels it groups by. */
function parseQuery(expr) {
  const tokens = [...expr.trim().matchAll(TOKEN)].map(({ groups }) => groups);
  const metrics = [];
  const labels = [];
  for (let i = 0; i < tokens.length; i += 1) {
    const { name } = tokens[i];
    if (name === undefined || OPERATORS.includes(name)) continue;
    const isGrouping = GROUPINGS.includes(name);
    if (!isGrouping && isCalled(tokens[i + 1])) continue;
    const inside = insideOf(tokens, i + 1, isGrouping ? '()' : '{}');
    if (isGrouping) labels.push(...inside.map((token) => token.name).filter(Boolean));
    else metrics.push({ name, matchers: matchersOf(inside) });
    i += inside.length;
  }
  return { metrics, labels };
}

/** An aggregation may name its labels before its argument. */
const isCalled = (next) => next?.other === '(' || AGGREGATIONS.includes(next?.name);

/** The opening mark and what follows it up to the closing one, or nothing. */
function insideOf(tokens, from, [open, close]) {
  if (tokens[from]?.other !== open) return [];
  const rest = tokens.slice(from);
  return rest.slice(
    0,
    rest.findIndex(({ other }) => other === close),
  );
}

const matchersOf = (tokens) =>
  tokens.flatMap(({ name }, at) =>
    name === undefined
      ? []
      : [{ label: name, operator: tokens[at + 1].other, text: unquoted(tokens[at + 2]) }],
  );

const unquoted = ({ string }) => string.slice(1, -1).replace(/\\(.)/g, '$1');

/** The label names and values of each metric family in an exposition. */
function parseExposition(text) {
  const families = new Map();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type !== null) families.set(type[1], { kind: type[2], labels: new Map(), hasSeries: false });
    const sample = /^([\w:]+)(?:\{(.*)\})? \S+$/.exec(line);
    if (sample !== null) addSample(families, sample[1], sample[2] ?? '');
  }
  return families;
}

function addSample(families, name, labels) {
  const family = families.get(name) ?? families.get(name.replace(/_(bucket|sum|count)$/, ''));
  if (family === undefined) throw new Error(`the service exports ${name} without a type`);
  family.hasSeries = true;
  for (const [, label, value] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
    family.labels.set(label, (family.labels.get(label) ?? new Set()).add(value));
}

/** The family a name in a query belongs to; a histogram has no series of its own name. */
function familyOf(families, name) {
  const exact = families.get(name);
  if (exact !== undefined) return exact.kind === 'histogram' ? undefined : { ...exact, base: name };
  const base = name.replace(/_(bucket|sum|count)$/, '');
  const family = families.get(base);
  return family?.kind === 'histogram' ? { ...family, base, isBucket: name.endsWith('_bucket') } : undefined;
}

/** The labels a family has now, or will have. */
function labelsOf(family) {
  const later = Object.keys(METRICS[family.base]?.labels ?? {});
  const known = family.hasSeries ? [...family.labels.keys()].filter((label) => label !== 'le') : later;
  return [...known, ...(family.isBucket ? ['le'] : []), ...TARGET_LABELS];
}

function problemsOfMatcher(family, metric, { label, operator, text }) {
  if (!labelsOf(family).includes(label)) return [`${metric} has no label "${label}"`];
  const spec = METRICS[family.base]?.labels[label];
  const values = new Set([...(family.labels.get(label) ?? []), ...(spec?.values ?? [])]);
  if (text.includes('$') || values.size === 0 || (spec?.source !== undefined && !family.hasSeries)) return [];
  const isKnown = /~/.test(operator)
    ? [...values].some((value) => new RegExp(`^(?:${text})$`).test(value))
    : values.has(text);
  return isKnown ? [] : [`${metric} has no ${label}="${text}"; it has ${[...values].join(', ')}`];
}

function problemsOfMetric(families, { name, matchers }) {
  if (TARGET_METRICS.includes(name)) return [];
  const family = familyOf(families, name);
  if (family === undefined) return [`there is no metric ${name}`];
  return matchers.flatMap((matcher) => problemsOfMatcher(family, name, matcher));
}

function problemsOf(families, { where, expr, shownLabels }) {
  const { metrics, labels } = parseQuery(expr);
  if (metrics.length === 0) return [`${where}: no metric in "${expr}"`];
  const known = metrics.flatMap(({ name }) =>
    labelsOf(familyOf(families, name) ?? { hasSeries: true, labels: new Map() }),
  );
  return [
    ...metrics.flatMap((metric) => problemsOfMetric(families, metric)),
    ...[...labels, ...shownLabels]
      .filter((label) => !known.includes(label))
      .map((label) => `no metric of it has the label "${label}"`),
  ].map((problem) => `${where}: ${problem}`);
}

function dashboardQueries({ panels, templating, annotations }) {
  const legend = (text = '') => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);
  return [
    ...panels.flatMap(({ title, targets = [], panels: inner = [] }) => [
      ...targets.map(({ expr, legendFormat }) => ({
        where: `panel "${title}"`,
        expr,
        shownLabels: legend(legendFormat),
      })),
      ...dashboardQueries({ panels: inner, templating: { list: [] }, annotations: { list: [] } }),
    ]),
    ...annotations.list.map(({ name, expr }) => ({ where: `annotation "${name}"`, expr, shownLabels: [] })),
    ...templating.list.filter(({ type }) => type === 'query').map(variableQuery),
  ];
}

function variableQuery({ name, definition }) {
  const [, expr, label] = /^label_values\((.+),\s*(\w+)\)$/.exec(definition) ?? [];
  if (expr === undefined)
    throw new Error(`variable "${name}": "${definition}" is no label_values(metric, label)`);
  return { where: `variable "${name}"`, expr, shownLabels: [label] };
}

/** The rules of a file whose `expr` stands on its line or in a block below it, as ours does. */
function alertQueries(yaml) {
  return yaml
    .split(/^\s*- alert: /m)
    .slice(1)
    .map((rule) => {
      const name = rule.slice(0, rule.indexOf('\n'));
      const expr = /^( +)expr: (?:[|>]-?\n((?:\1 +.*\n)+)|(.*)\n)/m.exec(rule);
      if (expr === null) throw new Error(`alert ${name} has no expr`);
      const shownLabels = [...rule.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
      return { where: `alert ${name}`, expr: expr[2] ?? expr[3], shownLabels };
    });
}

if (positionals.length !== 1) {
  process.stderr.write(
    'give the URL of a running service: npm run check:dashboard -- http://127.0.0.1:7654\n',
  );
  process.exit(2);
}
const answer = await fetch(new URL('/metrics', positionals[0]));
if (!answer.ok) throw new Error(`GET /metrics: ${answer.status}`);
const families = parseExposition(await answer.text());
const queries = [
  ...dashboardQueries(JSON.parse(await readFile(files.dashboard, 'utf8'))),
  ...alertQueries(await readFile(files.alerts, 'utf8')),
];
const problems = queries.flatMap((query) => problemsOf(families, query));
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(
  `${queries.length} queries against ${families.size} metrics: ${problems.length} wrong\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
