/** How a plugin file of ours begins, by which it is known again. */
export const PLUGIN_MARK = '// Written by "palingenesis connect"';

/**
 * A plugin (1.18.33) that posts what its sessions do, a helper's among them, to that address. It waits for nothing and
 * throws nothing, since a rejected promise would be printed. Its events are those of the server. It writes to the socket
 * itself: every request of Bun's obeys HTTP_PROXY (1.3.14), on loopback, too, and would leave the machine.
 */
export function pluginFor(url: string): string {
  return `${PLUGIN_MARK}; "palingenesis disconnect" removes this file, changes of it included.
// Tells the palingenesis service on this machine whether a session works, waits, fails or asks. Prompts, answers and
// commands are not sent.
${SOURCE.replace('URL_OF_SERVICE', () => JSON.stringify(url))}`;
}

const SOURCE = String.raw`import { connect } from 'node:net';

const { hostname, port, host, pathname } = new URL(URL_OF_SERVICE);
const TIMEOUT_MS = 1000;
const MAX_WAITING = 100;
const MAX_SESSIONS = 1000;
const MAX_CHARS = 4000;

const cut = (text) => (typeof text === 'string' ? text.slice(0, MAX_CHARS) : undefined);

const errorOf = ({ name, data } = {}) => ({
  name,
  data: {
    message: cut(data?.message),
    statusCode: data?.statusCode,
    isRetryable: data?.isRetryable,
    responseBody: cut(data?.responseBody),
    responseHeaders: Object.fromEntries(
      Object.entries(data?.responseHeaders ?? {}).filter(([header]) => /^retry-after/i.test(header)),
    ),
  },
});

/** What is told of each event besides its session. */
const TOLD = {
  'session.status': ({ status }) => ({
    status: {
      type: status?.type,
      message: cut(status?.message),
      next: status?.next,
      action: { reason: status?.action?.reason },
    },
  }),
  'session.error': ({ error }) => ({ error: errorOf(error) }),
  'permission.asked': ({ permission }) => ({ permission }),
  'permission.replied': () => ({}),
  'question.asked': () => ({}),
  'question.replied': () => ({}),
};

// A line break in it would begin another header.
const token = process.env.PALINGENESIS_TOKEN?.trim().replaceAll(/\s/g, '');

const post = (body) =>
  new Promise((resolve) => {
    const head = [
      'POST ' + pathname + ' HTTP/1.1',
      'Host: ' + host,
      'Content-Type: application/json',
      'Content-Length: ' + Buffer.byteLength(body),
      'Connection: close',
      ...(token ? ['Authorization: Bearer ' + token] : []),
    ];
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
    socket.on('error', () => undefined).once('close', resolve);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.once('data', () => socket.destroy());
    socket.write(head.join('\r\n') + '\r\n\r\n' + body);
    socket.unref();
  });

let queue = Promise.resolve();
let waiting = 0;

/** One after the other, so that they arrive in order. */
const send = (body) => {
  if (waiting >= MAX_WAITING) return;
  waiting += 1;
  queue = queue.then(() => post(body)).finally(() => (waiting -= 1));
};

const last = new Map();

const tell = ({ type, properties }) => {
  const told = Object.hasOwn(TOLD, type) ? TOLD[type](properties) : undefined;
  const sessionID = properties?.sessionID;
  if (told === undefined || sessionID === undefined) return;
  const body = JSON.stringify({ pid: process.pid, event: { type, properties: { sessionID, ...told } } });
  if (last.get(sessionID) === body) return;
  if (last.size >= MAX_SESSIONS) last.clear();
  last.set(sessionID, body);
  send(body);
};

export const Palingenesis = async () => ({
  event: async ({ event }) => {
    try {
      tell(event);
    } catch {
      // An event of another shape says nothing.
    }
  },
});
`;
