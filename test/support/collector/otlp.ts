import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

export const SIGNALS = ['traces', 'logs', 'metrics'] as const;
export type Signal = (typeof SIGNALS)[number];

/** An old release of OpenTelemetry's gRPC exporter, the last kind that brings the official definitions along. */
const PROTOS = join(
  dirname(createRequire(import.meta.url).resolve('otlp-protos/package.json')),
  'build/protos',
);

const SERVICES = { traces: 'trace', logs: 'logs', metrics: 'metrics' };
const PACKAGE = 'opentelemetry.proto.collector';

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(PROTOS, target);
root.loadSync(SIGNALS.map((signal) => fileOf(SERVICES[signal])));
root.resolveAll();

function fileOf(service: string): string {
  return `opentelemetry/proto/collector/${service}/v1/${service}_service.proto`;
}

/** The service of a signal, as the definitions have it: where to call it, what it takes, what it gives. */
export function serviceOf(signal: Signal) {
  const name = SERVICES[signal];
  const title = `${name[0]?.toUpperCase()}${name.slice(1)}Service`;
  const service = root.lookupService(`${PACKAGE}.${name}.v1.${title}`);
  const method = service.methods['Export'];
  if (!method?.resolvedRequestType || !method.resolvedResponseType) throw new Error(`no Export in ${title}`);
  return {
    path: `/${PACKAGE}.${name}.v1.${title}/Export`,
    request: method.resolvedRequestType,
    response: method.resolvedResponseType,
  };
}

export interface Message {
  [field: string]: unknown;
}

const PLAIN = { longs: String, enums: String, bytes: String, defaults: true, arrays: true };

export function decodeProtobuf(signal: Signal, body: Uint8Array): Message {
  const { request } = serviceOf(signal);
  return request.toObject(request.decode(body), PLAIN);
}

/** OTLP's JSON is that of protobuf, except that ids are hexadecimal. */
export function decodeJson(signal: Signal, body: string): Message {
  const { request } = serviceOf(signal);
  const json = JSON.parse(body, (key, value: unknown) =>
    /^(?:trace|span|parentSpan)Id$/.test(key) ? Buffer.from(String(value), 'hex').toString('base64') : value,
  );
  const problem = request.verify(request.fromObject(json));
  if (problem !== null) throw new Error(`no OTLP ${signal}: ${problem}`);
  return request.toObject(request.fromObject(json), PLAIN);
}
