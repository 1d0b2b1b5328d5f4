import { ConfigError } from '../config/config-error.js';
import type { Call } from './call.js';
import type { Command } from './command.js';
import { EXIT, usageError, type ExitCode } from './command-error.js';
import { nearestHint } from './nearest.js';
import { print } from './print.js';

export const configCommand: Command = {
  summary: 'show the settings in effect and where each is from, or check them or a file',
  usage: 'show | validate [FILE]',
  details: ['Works without the service. All layers count: file, environment, then flags.'],
  maxOperands: 2,
  run: (call) => {
    const [action, file] = call.operands;
    if (action === 'show' && file === undefined) return show(call);
    if (action === 'validate') return validate(call, file);
    throw usageError(`config ${call.operands.join(' ')}: ${hint(action)}`);
  },
};

function hint(action: string | undefined): string {
  return action === undefined || action === 'show'
    ? 'write "config show" or "config validate [FILE]"'
    : nearestHint(action, ['show', 'validate']);
}

async function show(call: Call): Promise<ExitCode> {
  const loaded = await call.settings();
  const { shareableOptions, showSettings } = await import('../config/show-settings.js');
  print(call.wantsJson ? JSON.stringify(shareableOptions(loaded)) : showSettings(loaded).trimEnd());
  return EXIT.done;
}

async function validate(call: Call, file: string | undefined): Promise<ExitCode> {
  try {
    await call.settings(file === undefined ? [] : [`--config=${file}`]);
  } catch (error) {
    if (!(error instanceof ConfigError) || !call.wantsJson) throw error;
    print(JSON.stringify({ valid: false, problems: error.problems }));
    return EXIT.usage;
  }
  print(call.wantsJson ? JSON.stringify({ valid: true, problems: [] }) : `${file ?? 'the settings'}: valid`);
  return EXIT.done;
}
