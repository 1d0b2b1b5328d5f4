import { basename } from 'node:path';
import type { Reporter } from '../core/ports/agent-hooks.js';

/** What runs where hooks run, whatever is on the PATH there: this Node, and a script of this package. */
export type Runtime = Readonly<{ node: string; script: string }>;

/** How an agent reports to the service at that address. */
export function reporterFor(agentId: string, serviceUrl: string, { node, script }: Runtime): Reporter {
  const url = new URL(`/api/v1/signals/${encodeURIComponent(agentId)}`, serviceUrl).href;
  return {
    url,
    command: (fields) => {
      const words = [node, script, url, ...fields].map(quoted).join(' ');
      // Options for Node that the agent was given could print; a package that is gone must not fail the agent.
      return `NODE_OPTIONS= ${words} >/dev/null 2>&1 || true`;
    },
    isOurs: (command) => command.includes(`/${basename(script)}'`),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
