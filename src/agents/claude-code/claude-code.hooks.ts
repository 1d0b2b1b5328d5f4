import { join } from 'node:path';
import type { AgentHooks, Connection, Folder, Reporter } from '../../core/ports/agent-hooks.js';
import { withHooks, withoutHooks, type Hook } from '../hook-settings.js';

/** More than a report takes. A hook that outlives it is ended; one that is not waited for (`async`) is often lost. */
const TIMEOUT_S = 2;

/** What is reported of each event, besides the session; prompts and tools are not. */
const EVENTS: readonly Readonly<{ event: string; matcher?: string; fields: readonly string[] }>[] = [
  { event: 'UserPromptSubmit', fields: [] },
  { event: 'Stop', fields: [] },
  { event: 'StopFailure', fields: ['error', 'error_details', 'last_assistant_message'] },
  { event: 'Notification', matcher: 'permission_prompt', fields: ['notification_type', 'message'] },
  { event: 'SessionEnd', fields: ['reason'] },
];

/** Its command hooks (2.1.197), in the settings of the user. */
export function claudeCodeHooks(homes: readonly string[]): AgentHooks {
  return { homes, connection };
}

function connection({ path: home }: Folder, reporter: Reporter): Connection {
  const file = { path: join(home, 'settings.json'), isOurs: reporter.isOurs };
  const wanted = EVENTS.map(({ fields, ...rest }): Hook => ({
    ...rest,
    command: reporter.command(fields),
    timeoutS: TIMEOUT_S,
  }));
  return {
    files: [file.path],
    connect: ([text]) => [withHooks(file, text, wanted)],
    disconnect: ([text]) => [text === undefined ? undefined : withoutHooks(file, text)],
  };
}
