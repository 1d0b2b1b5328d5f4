import type { LaunchContract } from './session.js';
import type { StopReason } from './stop.js';

/** Whose quota it is: an agent and the home its credentials lie in. Stable, readable, and fit for a path of a URL. */
export function accountIdOf(agent: string, home: string): string {
  const name = home.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  return `${agent}:${name.replaceAll(/[^\w.-]/g, '_')}-${fnv1a(home)}`;
}

/** The account a launch contract draws on. */
export function accountOf({
  agent,
  contract,
}: Readonly<{ agent: string; contract: LaunchContract | undefined }>): string | undefined {
  return contract === undefined ? undefined : accountIdOf(agent, contract.home);
}

/** FNV-1a of the UTF-16 units, 32 bits: enough to tell a handful of folders apart. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}

const SHARED: readonly StopReason[] = ['usage_limit', 'rate_limit', 'overloaded'];

/** True for a stop that every session of the account has in common; the others concern their own session. */
export function isShared(reason: StopReason): boolean {
  return SHARED.includes(reason);
}
