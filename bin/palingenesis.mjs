#!/usr/bin/env node
// The system's Node may be older than the one this package brings along: any Node from 20 on can run this file.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_NEEDED = [24, 15];
const [command, ...rest] = process.argv.slice(2);
const asksForHelp = rest.some((word) => word === '--help' || word === '-h');
// Programs of their own: the commands that talk to the service must not load what it is made of.
const PROGRAMS = {
  start: 'main.js',
  classify: 'classify.js',
  connect: 'connect.js',
  disconnect: 'connect.js',
  doctor: 'doctor.js',
};
const program = Object.hasOwn(PROGRAMS, command ?? '') && !asksForHelp ? PROGRAMS[command] : undefined;
const main = new URL(`../dist/${program ?? 'cli/main.js'}`, import.meta.url);
/** Those that are a program alone need not be told which they are. */
const isAlone = Object.values(PROGRAMS).filter((each) => each === program).length === 1;
const args = isAlone ? rest : process.argv.slice(2);

function isFit() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
}

/** Resolved like any dependency, so it is found wherever the package manager has put it. */
function bundledNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const node = join(dirname(manifest), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(main), ...args], { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`${node} could not be started: ${error.message}`));
  child.once('close', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  process.stderr.write(`palingenesis: ${message}\n`);
  process.exit(1);
}

if (!existsSync(main)) fail('not built yet: run `npm run build` in the checkout first.');
else if (isFit()) {
  process.argv.splice(2, Infinity, ...args);
  await import(main.href);
} else {
  const node = bundledNode();
  if (node) runWith(node);
  else
    fail(
      `Node ${NODE_NEEDED.join('.')} or newer is needed; this is ${process.versions.node}. Install Node 24.`,
    );
}
