import type { AccountStatus } from '../../resume/accounts.service.js';
import { iso } from '../episodes/episode.view.js';

/** An account as the API shows it. */
export function accountView(account: AccountStatus): object {
  return {
    id: account.id,
    agent: account.agent,
    home: account.home,
    available: account.available,
    available_at: iso(account.availableAtMs),
    why: account.why,
    gate: account.gate.kind,
    windows: account.windows.map(({ kind, resetsAtMs, source }) => ({
      kind,
      resets_at: iso(resetsAtMs),
      source,
    })),
    running: account.running,
    waiting: account.waiting,
  };
}
