#!/usr/bin/env node
// Installs one exact version of an agent beside others and prints the path of its program:
//   node scripts/install-agent.mjs claude-code 2.1.197
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEFAULT_DIR = fileURLToPath(new URL('../.agents', import.meta.url));

/**
 * Per agent: the package to install and where its program lies in `node_modules` after that. Of platform packages npm
 * brings only those that fit; the `bin` of the main package may need an install script, or wrap the program in a Node
 * process that hides its process id and takes its signals.
 */
const AGENTS = {
  'claude-code': { package: '@anthropic-ai/claude-code', find: findClaude },
  codex: { package: '@openai/codex', find: findCodex },
  opencode: { package: 'opencode-ai', find: findOpenCode },
  'gemini-cli': { package: '@google/gemini-cli', find: findGemini },
};

/**
 * @param {string} name
 * @param {string} version
 * @param {{ dir?: string }} [options]
 * @returns {Promise<string>} the path of the program
 */
export async function installAgent(name, version, { dir = DEFAULT_DIR } = {}) {
  const agent = Object.hasOwn(AGENTS, name) ? AGENTS[name] : undefined;
  if (!agent) throw new Error(`Unknown agent "${name}": known are ${Object.keys(AGENTS).join(', ')}`);
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`Name an exact version such as 1.2.3, not "${version}"`);

  const target = join(dir, name, version);
  if (!(await exists(target))) await installInto(target, agent, version);
  const program = await agent.find(join(target, 'node_modules'));
  if (!program) throw new Error(`${target} holds no program for this platform: delete it and try again`);
  return program;
}

/** Whoever renames first wins, so that callers at the same time see either nothing or a whole install. */
async function installInto(target, agent, version) {
  await mkdir(dirname(target), { recursive: true });
  const staging = await mkdtemp(`${target}.partial-`);
  try {
    await npmInstall(`${agent.package}@${version}`, staging);
    await verify(await agent.find(join(staging, 'node_modules')), version);
    await rename(staging, target);
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function npmInstall(spec, prefix) {
  // Without a package.json npm would take the one of a folder above.
  await writeFile(join(prefix, 'package.json'), '{ "private": true }\n');
  const flags = [
    '--prefix',
    prefix,
    '--no-save',
    '--ignore-scripts',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ];
  try {
    // npm would leave a compile cache in the temporary folder.
    const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
    await run('npm', ['install', ...flags, spec], { cwd: prefix, env, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const reason = error.code === 'ENOENT' ? 'npm is not on the PATH' : error.stderr?.trim() || error.message;
    throw new Error(`npm could not install ${spec}: ${reason}`, { cause: error });
  }
}

async function verify(program, version) {
  if (!program) throw new Error(`There is no build of ${version} for ${process.platform} ${process.arch}`);
  const home = await mkdtemp(join(tmpdir(), 'agent-version-'));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
  };
  try {
    const { stdout } = await run(program, ['--version'], { env, timeout: 60_000 });
    if (!stdout.includes(version)) throw new Error(`${program} says it is ${stdout.trim()}, not ${version}`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function findClaude(nodeModules) {
  const packages = await folders(join(nodeModules, '@anthropic-ai'), 'claude-code-');
  return firstOf(packages.map((folder) => join(folder, executable('claude'))));
}

async function findCodex(nodeModules) {
  const packages = await folders(join(nodeModules, '@openai'), 'codex-');
  const targets = await Promise.all(packages.map((folder) => folders(join(folder, 'vendor'))));
  return firstOf(targets.flat().map((folder) => join(folder, 'bin', executable('codex'))));
}

/** A baseline build, which runs on every processor, comes beside the one that needs AVX2. */
async function findOpenCode(nodeModules) {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const packages = await folders(nodeModules, `opencode-${os}-`);
  const baselineFirst = packages.sort((a, b) => b.includes('-baseline') - a.includes('-baseline'));
  return firstOf(baselineFirst.map((folder) => join(folder, 'bin', executable('opencode'))));
}

/** A script for the `node` on the PATH of whoever runs it, from 20 on. */
async function findGemini(nodeModules) {
  return firstOf([join(nodeModules, '.bin', process.platform === 'win32' ? 'gemini.cmd' : 'gemini')]);
}

async function folders(parent, prefix = '') {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(parent, name));
}

async function firstOf(paths) {
  for (const path of paths) if (await exists(path)) return path;
  return undefined;
}

function executable(name) {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  const [name = '', version = ''] = process.argv.slice(2);
  try {
    process.stdout.write(`${await installAgent(name, version)}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
