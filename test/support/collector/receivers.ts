import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Server as GrpcServer, ServerCredentials, status as grpcStatus } from '@grpc/grpc-js';
import { decodeJson, decodeProtobuf, serviceOf, SIGNALS, type Message, type Signal } from './otlp.js';

const HOST = '127.0.0.1';

export interface Received {
  signal: Signal;
  /** Where it was sent: the path of the address, or the method that gRPC calls. */
  path: string;
  headers: Record<string, string>;
  message: Message;
}

/** Takes a request and says how it is answered: with an HTTP status, also where gRPC answers. */
export type Accept = (received: Received) => number;

/** Something that listens on a port, in its way. */
export interface Receiver {
  port: number;
  close: () => Promise<void>;
}

const asItIs = (bytes: Buffer): Buffer => bytes;
const RAW = {
  requestStream: false,
  responseStream: false,
  requestSerialize: asItIs,
  requestDeserialize: asItIs,
  responseSerialize: asItIs,
  responseDeserialize: asItIs,
};

export async function receiveGrpc(port: number, accept: Accept): Promise<Receiver> {
  const server = new GrpcServer();
  for (const signal of SIGNALS) {
    const { path } = serviceOf(signal);
    const Export = (call: GrpcCall, answer: GrpcAnswer) => answerGrpc(signal, call, answer, accept);
    server.addService({ Export: { path, ...RAW } }, { Export });
  }
  const bind = promisify(server.bindAsync.bind(server));
  const bound = await bind(`${HOST}:${port}`, ServerCredentials.createInsecure());
  return { port: bound, close: async () => server.forceShutdown() };
}

type GrpcCall = { request: Buffer; metadata: { getMap: () => object } };
type GrpcAnswer = (error: { code: number; details: string } | null, bytes?: Buffer) => void;

function answerGrpc(signal: Signal, call: GrpcCall, answer: GrpcAnswer, accept: Accept): void {
  const { path, response } = serviceOf(signal);
  const headers = textsOf(call.metadata.getMap());
  const code = accept({ signal, path, headers, message: decodeProtobuf(signal, call.request) });
  if (code < 300) answer(null, Buffer.from(response.encode({}).finish()));
  else answer({ code: GRPC_CODES[code] ?? grpcStatus.INTERNAL, details: `status ${code}` });
}

const GRPC_CODES: Readonly<Record<number, number>> = {
  400: grpcStatus.INVALID_ARGUMENT,
  401: grpcStatus.UNAUTHENTICATED,
  404: grpcStatus.UNIMPLEMENTED,
  503: grpcStatus.UNAVAILABLE,
};

function textsOf(headers: object): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

export async function receiveHttp(port: number, accept: Accept): Promise<Receiver> {
  const server = createHttpServer((request, response) => void answerHttp(request, response, accept));
  await listen(server, port);
  return {
    port: portOf(server),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function answerHttp(request: IncomingMessage, response: ServerResponse, accept: Accept): Promise<void> {
  const { url: path = '', headers } = request;
  const signal = SIGNALS.find((name) => path.endsWith(`/v1/${name}`));
  const sent = await buffer(request);
  if (signal === undefined) return void response.writeHead(404).end();
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
  const isJson = headers['content-type'] === 'application/json';
  const message = isJson ? decodeJson(signal, body.toString()) : decodeProtobuf(signal, body);
  const code = accept({ signal, path, headers: textsOf(headers), message });
  response.writeHead(code, { 'content-type': headers['content-type'] ?? '' });
  response.end(isJson ? '{}' : serviceOf(signal).response.encode({}).finish());
}

/** Accepts connections and never says a word. */
export async function receiveNothing(port: number): Promise<Receiver> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await listen(server, port);
  return {
    port: portOf(server),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A stopped process accepts nothing; once its backlog is full, the kernel drops whatever knocks. */
export async function receiveLikeABlackHole(port: number): Promise<Receiver> {
  const script = `require('net').createServer().listen({ port: ${port}, host: '${HOST}', backlog: 1 }, function () {
    console.log(this.address().port);
    process.kill(process.pid, 'SIGSTOP');
  })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const bound = Number(line);
  const fillers = Array.from({ length: 8 }, () => connect(bound, HOST).on('error', () => undefined));
  return {
    port: bound,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  await once(server, 'listening');
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
