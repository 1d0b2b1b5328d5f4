#!/usr/bin/env node
// Installs one exact version of an agent beside others and prints the path of its program:
//   node scripts/install-agent.mjs claude-code 2.1.197
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEFAULT_DIR = fileURLToPath(new URL('../.agents', import.meta.url));

/** Per agent: the package to install and where the native program lies in `node_modules` after that. */
const AGENTS = {
  'claude-code': { package: '@anthropic-ai/claude-code', find: findClaude },
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
    await verify(await agent.find(join(staging, 'node_modules')), version, staging);
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

async function verify(program, version, home) {
  if (!program) throw new Error(`There is no build of ${version} for ${process.platform} ${process.arch}`);
  const env = { PATH: process.env.PATH, HOME: home, DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1' };
  const { stdout } = await run(program, ['--version'], { env, timeout: 60_000 });
  if (!stdout.includes(version)) throw new Error(`${program} says it is ${stdout.trim()}, not ${version}`);
}

/** npm brings only the platform package that fits; the `bin` of the main package needs an install script to work. */
async function findClaude(nodeModules) {
  const scope = join(nodeModules, '@anthropic-ai');
  const packages = await readdir(scope).catch(() => []);
  for (const name of packages.filter((entry) => entry.startsWith('claude-code-'))) {
    const program = join(scope, name, process.platform === 'win32' ? 'claude.exe' : 'claude');
    if (await exists(program)) return program;
  }
  return undefined;
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
