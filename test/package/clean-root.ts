import { execFile, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import {
  access,
  chmod,
  cp,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../.backends/', import.meta.url));
const SUITE = 'bookworm';
const CA_FILE = '/etc/ssl/certs/ca-certificates.crt';
const execute = promisify(execFile);
const run = (file: string, args: readonly string[], env = process.env) =>
  execute(file, args, { env, maxBuffer: 64_000_000 });

/**
 * A Debian of its own in a folder, as the base image of the Dockerfile has it: bookworm-slim with Node and npm in
 * /usr/local and the user `node`. Made once, into `.backends/`; each use works on a copy.
 */
export async function copyOfBase(target: string): Promise<void> {
  const base = join(CACHE, SUITE);
  if (!(await isThere(base))) await makeBase(base);
  await run('cp', ['--archive', '--reflink=auto', base, target]);
}

async function makeBase(base: string): Promise<void> {
  const part = `${base}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  process.stderr.write(`making a clean root of Debian ${SUITE}, which takes a minute, once …\n`);
  await debootstrap(part, join(part, 'root'));
  await addNode(join(part, 'root'));
  await rename(join(part, 'root'), base);
  await rm(part, { recursive: true, force: true });
}

/** Unpacked where it is needed only, not installed. */
async function debootstrap(scratch: string, root: string): Promise<void> {
  const download = () => execute('apt-get', ['download', 'debootstrap'], { cwd: scratch });
  await download().catch(() => run('apt-get', ['update', '-qq']).then(download));
  await execute('sh', ['-c', 'dpkg-deb -x debootstrap_*.deb tool'], { cwd: scratch });
  const tool = join(scratch, 'tool/usr');
  const env = { ...process.env, DEBOOTSTRAP_DIR: join(tool, 'share/debootstrap') };
  await run('sh', [join(tool, 'sbin/debootstrap'), '--variant=minbase', SUITE, root], env);
}

/** The Node these tests run on, and the npm that is there. */
async function addNode(root: string): Promise<void> {
  const local = join(root, 'usr/local');
  const npm = dirname(dirname(await realpath((await run('sh', ['-c', 'command -v npm'])).stdout.trim())));
  await cp(process.execPath, join(local, 'bin/node'));
  await chmod(join(local, 'bin/node'), 0o755);
  await cp(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  await inRoot(root, 'groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node');
}

/** How a command in a root is run besides. */
export type Inside = Readonly<{ env?: Readonly<Record<string, string>>; cwd?: string }>;

/** Runs a shell command in a root, as a build does: by root, with processes of its own and the network of this machine. */
export async function inRoot(
  root: string,
  command: string,
  { env = {}, cwd = '/' }: Inside = {},
): Promise<string> {
  await writeFile(join(root, 'etc/resolv.conf'), await readFile('/etc/resolv.conf'));
  await mkdir(join(root, 'host'), { recursive: true });
  const mounts = 'mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc"';
  const cache = join(CACHE, 'npm');
  await mkdir(cache, { recursive: true });
  const share = `mount -t tmpfs none "$0/host" && mkdir "$0/host/npm" && mount --bind "${cache}" "$0/host/npm"`;
  const ca = `cp ${CA_FILE} "$0/host/ca.crt" 2> /dev/null || true`;
  const script = `${mounts} && ${share} && { ${ca}; } && cd "$0" && exec chroot "$0" env -i "$@"`;
  const variables = Object.entries({ ...HOST_ENV, ...env }).map(([name, value]) => `${name}=${value}`);
  const words = [...variables, 'sh', '-ec', `cd '${cwd}' && ${command}`];
  const { stdout } = await run('unshare', ['--mount', '--pid', '--fork', 'sh', '-c', script, root, ...words]);
  return stdout;
}

/** What a build is told of this machine: where it has kept packages before, and whom to trust. */
const HOST_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  DEBIAN_FRONTEND: 'noninteractive',
  npm_config_cache: '/host/npm',
  NODE_EXTRA_CA_CERTS: '/host/ca.crt',
};

/** A process in a root as an engine starts it with a read-only root, no capabilities and processes of its own. */
export type Contained = Readonly<{
  root: string;
  user: string;
  env: Readonly<Record<string, string>>;
  /** Writable folders, by their path in the root: from the folder of this machine that is mounted there. */
  volumes: Readonly<Record<string, string>>;
  command: readonly string[];
}>;

export type ContainedProcess = ChildProcessByStdio<null, Readable, Readable>;

export function startContained({ root, user, env, volumes, command }: Contained): ContainedProcess {
  const binds = Object.entries(volumes).map(([path, from]) => `mount --bind '${from}' "$0${path}"`);
  const script = [
    'mount --bind "$0" "$0"',
    'mount --rbind /dev "$0/dev"',
    'mount -t proc proc "$0/proc"',
    'mount -t tmpfs -o mode=1777 none "$0/tmp"',
    ...binds,
    'mount -o remount,bind,ro "$0"',
    'cd "$0"',
    'exec chroot "$0" "$@"',
  ].join(' && ');
  const limits = [
    `--reuid=${user}`,
    `--regid=${user}`,
    '--clear-groups',
    '--no-new-privs',
    '--bounding-set=-all',
  ];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = ['setpriv', ...limits, 'env', '-i', ...variables, ...command];
  const args = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', 'sh', '-c', script, root, ...words];
  return spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The process id, on this machine, of the first process inside. */
export async function firstInside({ pid }: ChildProcess): Promise<number> {
  const [child] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  return Number(child);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
