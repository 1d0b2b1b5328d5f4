import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../core/errors.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { CommandError, EXIT, usageError, type ExitCode } from './command-error.js';
import { nearestHint } from './nearest.js';
import { print } from './print.js';
import { serviceUnitFor, type ServiceUnit } from './service-unit.js';

const ACTIONS = ['install', 'uninstall', 'status'] as const;
const BIN = fileURLToPath(new URL('../../bin/palingenesis.mjs', import.meta.url));

export const serviceCommand: Command = {
  summary: 'have the service run in the background, from login on: systemd or launchd of this user',
  usage: 'install|uninstall|status [--dry-run]',
  details: [
    'install takes the settings flags that are given with it, and the PATH as it is now.',
    '--dry-run  only print what would be written and run',
    'status ends with 0 when it runs and with 1 when it does not.',
  ],
  options: { 'dry-run': { type: 'boolean' } },
  maxOperands: 1,
  run: async (call) => {
    const [given = ''] = call.operands;
    const action = ACTIONS.find((known) => known === given);
    if (action === undefined) throw usageError(`service ${given}: ${nearestHint(given, [...ACTIONS])}`);
    const unit = unitOf(call);
    if (action === 'status') return showStatus(unit, call);
    return action === 'install' ? install(unit, call) : uninstall(unit, call);
  },
};

function unitOf(call: Call): ServiceUnit {
  const unit = serviceUnitFor(process.platform, {
    node: process.execPath,
    bin: BIN,
    flags: call.settingsFlags,
    home: process.env['HOME'] ?? homedir(),
    path: process.env['PATH'] ?? '',
    uid: userInfo().uid,
  });
  if (unit !== undefined) return unit;
  throw new CommandError(
    EXIT.failed,
    `no service manager is known for ${process.platform}; run "palingenesis start"`,
  );
}

async function install({ file, text, install: commands }: ServiceUnit, call: Call): Promise<ExitCode> {
  // What would keep it from starting is said here, not in a log somewhere.
  await call.settings();
  if (call.isOn('dry-run')) {
    print([`# ${file}`, text, ...commands.map((words) => words.join(' '))].join('\n'));
    return EXIT.done;
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
  for (const words of commands) await run(words);
  const linger = process.platform === 'linux' ? '; to run without a login, too: loginctl enable-linger' : '';
  print(`installed and started: ${file}${linger}`);
  return EXIT.done;
}

async function uninstall({ file, uninstall: commands }: ServiceUnit, call: Call): Promise<ExitCode> {
  if (call.isOn('dry-run')) {
    print([...commands.map((words) => words.join(' ')), `rm ${file}`].join('\n'));
    return EXIT.done;
  }
  if (!(await isThere(file))) {
    print('not installed');
    return EXIT.done;
  }
  for (const words of commands) await run(words);
  await rm(file);
  print(`stopped and removed: ${file}; its state is kept`);
  return EXIT.done;
}

async function showStatus({ file, status }: ServiceUnit, call: Call): Promise<ExitCode> {
  const installed = await isThere(file);
  const running =
    installed &&
    (await run(status).then(
      () => true,
      () => false,
    ));
  if (call.wantsJson) print(JSON.stringify({ installed, running, file }));
  else if (!installed) print('not installed: palingenesis service install');
  else print(running ? `running: ${file}` : `installed, not running: ${file}; palingenesis doctor looks why`);
  return running ? EXIT.done : EXIT.failed;
}

async function run([program = '', ...words]: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, words);
  } catch (error) {
    throw new CommandError(EXIT.failed, `${program} ${words.join(' ')}: ${messageOf(error).trim()}`);
  }
}

const isThere = (file: string): Promise<boolean> =>
  readFile(file).then(
    () => true,
    () => false,
  );
