import { once } from 'node:events';
import { access, constants, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { messageOf } from '../core/errors.js';
import { isLoopback } from '../core/loopback.js';
import type { LocalProbe } from '../core/ports/local-probe.js';
import { isAnswered } from '../platform/is-answered.js';
import { fail, ok, warn, type Finding } from './finding.js';

const MB = 1_000_000;
const PRIVATE = 0o077;
const SECRETS = ['palingenesis.db', 'read.token', 'control.token'];

/** Whether the state folder can be written to by this user, and by nobody else. */
export async function checkPermissions({ state: { dir }, http }: Config): Promise<Finding[]> {
  const info = await stat(dir).catch(() => undefined);
  if (info === undefined) return [ok('state', `${dir} is made at the first start`)];
  if (!info.isDirectory()) return [fail('state', `${dir} is no folder`, 'move it away, or set state.dir')];
  const isWritable = await access(dir, constants.W_OK | constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable)
    return [fail('state', `${dir} cannot be written to`, `make it yours: chown -R $USER ${dir}`)];
  const open = [dir, ...SECRETS.map((name) => join(name.endsWith('.token') ? http.tokenDir : dir, name))];
  const found = await Promise.all(open.map(checkPrivate));
  const faults = found.flat();
  return faults.length > 0 ? faults : [ok('state', `${dir}, readable by you alone`)];
}

async function checkPrivate(path: string): Promise<Finding[]> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || (info.mode & PRIVATE) === 0) return [];
  return [fail('state', `others can read ${path}`, `chmod ${info.isDirectory() ? 700 : 600} ${path}`)];
}

/** Whether the service runs, or could listen where the settings tell it to. */
export async function checkAddress({ http, ipc }: Config): Promise<Finding[]> {
  const warning = isLoopback(http.host)
    ? []
    : [
        warn(
          'address',
          `${http.host} is reachable from other machines, unencrypted`,
          'put a proxy with TLS in front',
        ),
      ];
  if (ipc.enabled && (await isAnswered(ipc.socket)))
    return [ok('service', `it runs, at ${ipc.socket}`), ...warning];
  const trouble = await listenTrouble(http);
  const what = `${http.host}:${http.port}`;
  if (trouble === undefined) return [ok('port', `${what} is free; the service does not run`), ...warning];
  const advice = 'end what listens there (ss -ltnp), or set http.port to another, 0 for any free one';
  return [fail('port', `${what}: ${trouble}`, advice), ...warning];
}

async function listenTrouble({ host, port }: Config['http']): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    server.close();
  }
}

/** Whether the clock can be right: due times are told by it. `builtMs`: when this program was. */
export function checkClock(nowMs: number, builtMs: number): Finding[] {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const what = `${new Date(nowMs).toISOString()}, zone ${timeZone}`;
  if (nowMs >= builtMs) return [ok('clock', what)];
  return [fail('clock', `${what}: that is before this program was made`, 'set it: timedatectl set-ntp true')];
}

/** Whether there is room for what is written, by the service and by agents. */
export async function checkDisk(
  paths: readonly string[],
  minFreeMb: number,
  probe: LocalProbe,
): Promise<Finding[]> {
  const rooms = await Promise.all(paths.map(async (path) => ({ path, bytes: await probe.freeBytes(path) })));
  const known = rooms.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, mb: bytes / MB }]));
  const full = known.filter(({ mb }) => mb < minFreeMb);
  const least = known.toSorted((a, b) => a.mb - b.mb)[0];
  if (full.length === 0)
    return [ok('disk', least === undefined ? 'unknown' : `${Math.floor(least.mb)} MB free`)];
  return full.map(({ path, mb }) =>
    fail(
      'disk',
      `only ${Math.floor(mb)} MB free where ${path} is`,
      `make room: resume.min_free_mb = ${minFreeMb}`,
    ),
  );
}
