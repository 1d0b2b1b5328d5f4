import type { LaunchContract, SessionView } from '../core/session.js';

export type Expected = Readonly<{ agent: string; contract: LaunchContract; sinceMs: number }>;

/** Sessions that were started and whose own records do not tell everything yet. */
export class ExpectedSessions {
  readonly #byId = new Map<string, Expected>();

  add(id: string, expected: Expected): void {
    this.#byId.set(id, expected);
  }

  get(id: string): Expected | undefined {
    return this.#byId.get(id);
  }

  entries(): readonly (readonly [string, Expected])[] {
    return [...this.#byId];
  }

  /** What the records say, and where they are silent what was asked for. */
  complete(id: string, view: SessionView): SessionView {
    const contract = this.#byId.get(id)?.contract;
    return contract === undefined ? view : { ...askedFor(contract), ...view };
  }

  /** Drops what the records have made superfluous. */
  settle(id: string, { cwd, permissionMode }: SessionView): void {
    const isAllTold = this.#byId.get(id)?.contract.args === undefined;
    if (cwd !== undefined && permissionMode !== undefined && isAllTold) this.#byId.delete(id);
  }
}

/** The view of a session of which there is nothing but the wish. */
export function viewOf({ contract }: Expected): SessionView {
  return { turn: { kind: 'none' }, ...askedFor(contract) };
}

function askedFor({ home: _home, ...asked }: LaunchContract): Omit<LaunchContract, 'home'> {
  return asked;
}
