import type { Message } from './otlp.js';

type Attributes = Record<string, unknown>;

export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  kind: string;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  links: { traceId: string; spanId: string }[];
  status: { code: string; message: string };
  resource: Attributes;
}

export interface ReceivedLog {
  body: unknown;
  severity: string;
  attributes: Attributes;
  traceId: string;
  spanId: string;
  resource: Attributes;
}

export interface ReceivedMetric {
  name: string;
  unit: string;
  description: string;
  kind: string;
  points: { attributes: Attributes; value: number; count: number }[];
  resource: Attributes;
}

export function spansOf(request: Message): ReceivedSpan[] {
  return each(request, 'resourceSpans', 'scopeSpans', 'spans').map(({ item, resource }) => ({
    name: String(item['name']),
    ...idsOf(item),
    parentSpanId: hex(item['parentSpanId']),
    kind: String(item['kind']).replace('SPAN_KIND_', ''),
    startMs: milliseconds(item['startTimeUnixNano']),
    endMs: milliseconds(item['endTimeUnixNano']),
    attributes: attributesOf(item),
    links: list(item['links']).map(idsOf),
    status: statusOf(record(item['status'])),
    resource,
  }));
}

export function logsOf(request: Message): ReceivedLog[] {
  return each(request, 'resourceLogs', 'scopeLogs', 'logRecords').map(({ item, resource }) => ({
    body: valueOf(item['body']),
    severity: String(item['severityText']),
    attributes: attributesOf(item),
    ...idsOf(item),
    resource,
  }));
}

export function metricsOf(request: Message): ReceivedMetric[] {
  return each(request, 'resourceMetrics', 'scopeMetrics', 'metrics').map(({ item, resource }) => {
    const kind = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].find((name) => item[name]);
    return {
      name: String(item['name']),
      unit: String(item['unit']),
      description: String(item['description']),
      kind: kind ?? 'none',
      points: list(record(item[kind ?? ''])['dataPoints']).map((point) => ({
        attributes: attributesOf(point),
        value: Number(point['asDouble'] ?? point['asInt'] ?? point['sum']),
        count: Number(point['count'] ?? 0),
      })),
      resource,
    };
  });
}

function each(request: Message, resources: string, scopes: string, items: string) {
  return list(request[resources]).flatMap((ofResource) => {
    const resource = attributesOf(record(ofResource['resource']));
    const found = list(ofResource[scopes]).flatMap((ofScope) => list(ofScope[items]));
    return found.map((item) => ({ item, resource }));
  });
}

function idsOf(item: Message): { traceId: string; spanId: string } {
  return { traceId: hex(item['traceId']), spanId: hex(item['spanId']) };
}

function statusOf({ code, message }: Message): { code: string; message: string } {
  return { code: textOf(code, 'UNSET').replace('STATUS_CODE_', ''), message: textOf(message) };
}

function attributesOf(item: Message): Attributes {
  return Object.fromEntries(list(item['attributes']).map(({ key, value }) => [String(key), valueOf(value)]));
}

function valueOf(value: unknown): unknown {
  const [name, content] = Object.entries(record(value))[0] ?? [];
  if (name === 'intValue') return Number(content);
  if (name === 'arrayValue') return list(record(content)['values']).map(valueOf);
  return content;
}

/** To the microsecond: more does not fit a number. */
const milliseconds = (nanoseconds: unknown): number => Number(BigInt(String(nanoseconds)) / 1000n) / 1000;

const hex = (base64: unknown): string => Buffer.from(textOf(base64), 'base64').toString('hex');

const textOf = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise);

function list(value: unknown): Message[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function record(value: unknown): Message {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
