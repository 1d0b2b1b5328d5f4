import { join } from 'node:path';
import type { AgentHooks, Connection, Folder, Reporter } from '../../core/ports/agent-hooks.js';
import { notEditable } from '../not-editable.js';
import { PLUGIN_MARK, pluginFor } from './opencode.plugin.js';

/** Its plugins (1.18.33), which are files of a folder of its configuration. */
export function openCodeHooks(homes: readonly string[]): AgentHooks {
  return { homes, connection };
}

function connection({ path: home }: Folder, { url }: Reporter): Connection {
  const file = join(home, 'plugin', 'palingenesis.js');
  return {
    files: [file],
    connect: ([text]) => {
      if (text?.startsWith(PLUGIN_MARK) === false)
        throw notEditable(
          file,
          'line 1: this is not the plugin of "palingenesis connect", which goes by that name',
        );
      return [pluginFor(url)];
    },
    disconnect: ([text]) => [text?.startsWith(PLUGIN_MARK) === true ? undefined : text],
  };
}
