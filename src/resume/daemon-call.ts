import type { AgentDaemon } from '../core/ports/live-surface.js';
import { JsonRpcSocket } from '../platform/json-rpc-socket.js';

/** Does something with an agent's daemon, introduced to it. Rejects where none listens or answers in time. */
export async function withDaemon<T>(
  daemon: AgentDaemon,
  timeoutMs: number,
  work: (rpc: JsonRpcSocket) => Promise<T>,
): Promise<T> {
  const rpc = await JsonRpcSocket.open(daemon.socket, timeoutMs);
  try {
    await rpc.call(daemon.hello);
    rpc.notify('initialized');
    return await work(rpc);
  } finally {
    rpc.close();
  }
}
