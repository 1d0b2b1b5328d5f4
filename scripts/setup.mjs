// Prepares this checkout and prints the Node to run it with, alone, on stdout.
// Runs before anything is installed: no dependencies, and any Node from 20 on will do.
// Usage: node scripts/setup.mjs [--build]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const NODE_NEEDED = [24, 15];
const LOCK = join(ROOT, '.setup.lock');
const LOCK_WAIT_MS = 15 * 60_000;
const LOCK_BEAT_MS = 2_000;
const LOCK_DEAD_MS = 30_000;
const LOCK_SETTLE_MS = 50;
const STAMP = join(ROOT, 'dist', '.built');
const NODE_PACKAGE = `node-${process.platform}-${process.arch}`;
const BUNDLED_NODE = join(ROOT, 'node_modules', NODE_PACKAGE, 'bin', 'node');

const inRoot = (...names) => join(ROOT, ...names);
const say = (line) => process.stderr.write(`${line}\n`);

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** npm writes its own record last, so a cut-off or foreign install never looks complete. */
function installed() {
  const wanted = readJson(inRoot('package-lock.json'))?.packages ?? {};
  const present = readJson(inRoot('node_modules', '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  const same = (a, b) => a?.version === b?.version && a?.integrity === b?.integrity;
  const missing = Object.keys(wanted).some((key) => key !== '' && !present[key] && !wanted[key].optional);
  return (
    !missing &&
    optionalsAreWhole(wanted, present) &&
    Object.keys(present).every((key) => same(present[key], wanted[key])) &&
    lockFitsPackage(wanted[''])
  );
}

/** All of our own for this platform, or none, as after `npm ci --omit=optional`; some are left by an old Node. */
function optionalsAreWhole(wanted, present) {
  const keys = Object.keys(wanted['']?.optionalDependencies ?? {}).map((name) => `node_modules/${name}`);
  const here = keys.filter((key) => wanted[key]?.optional && fitsHere(wanted[key]));
  const there = here.filter((key) => present[key]);
  return there.length === here.length || (there.length === 0 && isFit(process.versions.node));
}

const fitsHere = ({ os = [process.platform], cpu = [process.arch] }) =>
  os.includes(process.platform) && cpu.includes(process.arch);

function lockFitsPackage(locked) {
  const manifest = readJson(inRoot('package.json'));
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return groups.every((group) => sorted(manifest?.[group]) === sorted(locked?.[group]));
}

const sorted = (record = {}) => JSON.stringify(Object.entries(record).sort());

/** What the build reads, by content: right after a checkout, a touch, a copy or a deletion alike. */
function sourceHash() {
  const hash = createHash('sha256');
  const tops = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
  const sources = readdirSync(inRoot('src'), { recursive: true })
    .filter((name) => !name.endsWith('.spec.ts') && statSync(inRoot('src', name)).isFile())
    .map((name) => join('src', name));
  for (const name of [...tops, ...sources.sort()]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(inRoot(name)))
      .update('\0');
  }
  return hash.digest('hex');
}

const built = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sourceHash();

async function install() {
  say('Installing the packages (npm ci), once …');
  const code = await run(
    'npm',
    ['ci', '--include=dev', '--include=optional', '--include=peer'],
    await pathForNpm(),
  );
  if (code === 0) return;
  fail(
    `The packages could not be installed: npm ci ended with ${code}, see its lines above.\n` +
      'It needs the npm registry (`npm ping` tells whether it answers), a package-lock.json that fits ' +
      'package.json, and some 500 MB of disk.',
  );
}

/**
 * npm has to run on a Node that is new enough, or it leaves out the optional packages that need one, without a
 * word; and not on the binary that npm ci is about to delete.
 */
async function pathForNpm() {
  const path = pathWithoutOurs();
  const isOurs = process.execPath.startsWith(inRoot('node_modules') + sep);
  const dir = isFit(process.versions.node) && !isOurs ? dirname(process.execPath) : await fetchNode(path);
  return [dir, path].join(delimiter);
}

/** Lies in the lock, and so goes away with it. */
async function fetchNode(path) {
  const bin = join(LOCK, 'bin');
  if (existsSync(BUNDLED_NODE)) {
    mkdirSync(bin, { recursive: true });
    if (!existsSync(join(bin, 'node'))) linkSync(BUNDLED_NODE, join(bin, 'node'));
    return bin;
  }
  const version = readJson(inRoot('package-lock.json'))?.packages?.[`node_modules/${NODE_PACKAGE}`]?.version;
  if (version === undefined) return bin;
  say(`Fetching Node ${version} first; this one, ${process.versions.node}, is too old for some packages …`);
  await run('npm', ['install', '--no-save', '--prefix', LOCK, `${NODE_PACKAGE}@${version}`], path);
  return join(LOCK, 'node_modules', NODE_PACKAGE, 'bin');
}

function pathWithoutOurs() {
  const ours = inRoot('node_modules') + sep;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(ours))
    .join(delimiter);
}

async function build(node) {
  say('Building (nest build) …');
  const hash = sourceHash();
  const nest = inRoot('node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  const code = await run(node, [nest, 'build'], process.env.PATH);
  if (code !== 0) fail(`The build ended with ${code}: mend what the compiler names above, then try again.`);
  writeFileSync(STAMP, hash);
}

/** Stays until the child has ended, whatever signal comes: a lock given up early lets two installs meet. */
function run(command, args, path) {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path },
  });
  const pass = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  return new Promise((done) => {
    child.once('error', (error) => done(error.message));
    child.once('close', (code, signal) => done(code ?? signal));
  }).finally(() => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, pass);
  });
}

function isFit(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
}

function chooseNode() {
  if (existsSync(BUNDLED_NODE)) return BUNDLED_NODE;
  if (isFit(process.versions.node)) return process.execPath;
  return fail(
    `Node ${NODE_NEEDED.join('.')} or newer is needed; this is ${process.versions.node}, and no ready-made Node ` +
      `came with the packages for ${process.platform}-${process.arch}. Install Node 24 and try again.`,
  );
}

async function locked(work) {
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  for (let told = false; !(await takeLock()); told = true) {
    if (!told) say(`Another set-up is at work here (process ${holder() ?? 'unknown'}); waiting for it …`);
    if (Date.now() > giveUpAt) fail(`Still locked after 15 minutes. If nothing is at work, delete ${LOCK}.`);
    await sleep(200);
  }
  process.once('exit', dropLock);
  const beat = setInterval(() => existsSync(LOCK) && utimesSync(LOCK, new Date(), new Date()), LOCK_BEAT_MS);
  await work();
  clearInterval(beat);
  dropLock();
}

/** Looks twice: of two that clear the same stale lock, the slower one may have removed the lock of the faster. */
async function takeLock() {
  dropStaleLock();
  try {
    mkdirSync(LOCK);
    writeFileSync(join(LOCK, 'pid'), String(process.pid));
  } catch (error) {
    if (error.code === 'EEXIST' || error.code === 'ENOENT') return false;
    throw error;
  }
  await sleep(LOCK_SETTLE_MS);
  return holder() === process.pid;
}

function holder() {
  try {
    return Number(readFileSync(join(LOCK, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** A live process id alone proves nothing after a restart of the container, hence the beat. */
function dropStaleLock() {
  const beatAtMs = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs;
  if (beatAtMs === undefined) return;
  const pid = holder();
  const ended = pid !== undefined && (pid === process.pid || !isAlive(pid));
  if (ended || Date.now() - beatAtMs > LOCK_DEAD_MS) rmSync(LOCK, { recursive: true, force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function dropLock() {
  if (holder() === process.pid) rmSync(LOCK, { recursive: true, force: true });
}

function fail(message) {
  say(message);
  process.exit(1);
}

const wantsBuild = process.argv.includes('--build');
if (!installed() || (wantsBuild && !built())) {
  await locked(async () => {
    if (!installed()) await install();
    if (wantsBuild && !built()) await build(chooseNode());
  });
}
process.stdout.write(`${chooseNode()}\n`);
