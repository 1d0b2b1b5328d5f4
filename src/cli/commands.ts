import { classifyCommand } from './classify.command.js';
import type { Command, Commands } from './command.js';
import {
  abortCommand,
  ackCommand,
  newSessionCommand,
  resumeNowCommand,
  skipCommand,
} from './control.command.js';
import { completionCommand } from './completion.command.js';
import { configCommand } from './config.command.js';
import { connectCommand, disconnectCommand } from './connect.command.js';
import { doctorCommand } from './doctor.command.js';
import { episodesCommand } from './episodes.command.js';
import { eventsCommand } from './events.command.js';
import { explainCommand } from './explain.command.js';
import { helpCommand } from './help.command.js';
import { pauseCommand } from './pause.command.js';
import { resumeCommand } from './resume.command.js';
import { runCommand } from './run.command.js';
import { serviceCommand } from './service.command.js';
import { sessionsCommand } from './sessions.command.js';
import { startCommand } from './start.command.js';
import { statusCommand } from './status.command.js';
import { tokenCommand } from './token.command.js';
import { versionCommand } from './version.command.js';

const ALL_BUT_HELP: Commands = new Map<string, Command>([
  ['start', startCommand],
  ['status', statusCommand],
  ['sessions', sessionsCommand],
  ['episodes', episodesCommand],
  ['events', eventsCommand],
  ['explain', explainCommand],
  ['run', runCommand],
  ['resume-now', resumeNowCommand],
  ['new-session', newSessionCommand],
  ['skip', skipCommand],
  ['abort', abortCommand],
  ['ack', ackCommand],
  ['pause', pauseCommand],
  ['resume', resumeCommand],
  ['classify', classifyCommand],
  ['connect', connectCommand],
  ['disconnect', disconnectCommand],
  ['doctor', doctorCommand],
  ['service', serviceCommand],
  ['config', configCommand],
  ['token', tokenCommand],
  ['completion', completionCommand(() => COMMANDS)],
  ['version', versionCommand],
]);

/** Every command by its name, in the order of the help. */
export const COMMANDS: Commands = new Map([...ALL_BUT_HELP, ['help', helpCommand(ALL_BUT_HELP)]]);
