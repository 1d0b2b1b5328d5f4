import { EventEmitter, once } from 'node:events';
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { messageOf } from '../../core/errors.js';
import { Telemetry, under } from '../../core/ports/telemetry.js';
import { isAnswered } from '../../platform/is-answered.js';
import { markAsLocal } from './local-request.js';

/** What the system takes for a path of a socket, on the narrowest of them. */
const MAX_PATH_BYTES = 103;
const PRIVATE_DIR = 0o700;
const PRIVATE_FILE_UMASK = 0o177;

/** Serves the API on a Unix socket as well: who may open the file is allowed everything. */
@Injectable()
export class IpcServer implements OnApplicationShutdown {
  readonly #log = new Logger('Ipc');
  #server: Server | undefined;

  constructor(
    private readonly config: Config,
    private readonly adapterHost: HttpAdapterHost,
    private readonly telemetry: Telemetry,
  ) {}

  /** Where it listens. Undefined where it does not: switched off, or impossible, which the log says. */
  async listen(): Promise<string | undefined> {
    const { enabled, socket } = this.config.ipc;
    if (!enabled) return undefined;
    try {
      await this.#listenAt(socket);
    } catch (error) {
      this.#log.warn(`no API on the socket ${socket}: ${messageOf(error)}; HTTP is not affected`);
      return undefined;
    }
    const attributes = { address: socket };
    this.telemetry.start('ipc.serve', { ...under(this.telemetry.daemon), attributes }).end();
    return socket;
  }

  /** Removes the socket file, too. */
  onApplicationShutdown(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  async #listenAt(path: string): Promise<void> {
    if (Buffer.byteLength(path) > MAX_PATH_BYTES)
      throw new Error(`the path is longer than ${MAX_PATH_BYTES} bytes; set ipc.socket to a shorter one`);
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIR });
    await removeStale(path);
    const server = createServer((request, response) => this.#serve(request, response));
    const listening = once(server, 'listening');
    // The file is there before anything could change its mode.
    const umask = process.umask(PRIVATE_FILE_UMASK);
    try {
      server.listen(path);
    } finally {
      process.umask(umask);
    }
    await listening;
    await chmod(path, 0o600);
    this.#server = server;
  }

  /** As if it had come in by the other server, so that everything that listens to that one sees it. */
  #serve(request: IncomingMessage, response: ServerResponse): void {
    markAsLocal(request);
    const main: unknown = this.adapterHost.httpAdapter.getHttpServer();
    if (main instanceof EventEmitter) main.emit('request', request, response);
  }
}

/** What a killed process has left behind. Throws where something lives there, or where it is no socket. */
async function removeStale(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new Error('there is a file that is no socket');
  if (await isAnswered(path))
    throw new Error('another service listens there; set ipc.socket to another path');
  await unlink(path);
}
