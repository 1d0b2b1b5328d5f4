import { existsSync, readFileSync } from 'node:fs';
import type { Agent } from '../core/ports/agent.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Holding, ProcessClaim } from '../core/session.js';

/** Which processes say they hold which sessions, by the claim files of the agents' homes. */
export class ClaimTable {
  readonly #byFile = new Map<string, ProcessClaim>();
  readonly #bySession = new Map<string, Set<string>>();

  constructor(private readonly processes: ProcessHost) {}

  /**
   * Takes in what a claim file says now; gives the sessions whose liveness this may change. It is read at once: of two
   * reads under way the older could come last, and a claim that was put away would seem to have outlived its process.
   */
  update(agent: Agent, path: string): readonly string[] {
    const text = read(path);
    const claim = text === undefined ? undefined : agent.claimOf(text);
    const before = this.#byFile.get(path);
    // A file caught half written is no claim yet; its end brings the next event.
    if (text !== undefined && claim === undefined) return [];
    if (before !== undefined) this.#remove(path, before.sessionId);
    if (claim !== undefined) this.#add(path, claim);
    const touched = [before?.sessionId, claim?.sessionId].filter((id) => id !== undefined);
    return [...new Set(touched)];
  }

  /** Drops claims whose file is not among those of a full listing, unless it was made since. */
  retain(paths: readonly string[]): void {
    const kept = new Set(paths);
    const gone = [...this.#byFile].filter(([path]) => !kept.has(path) && !existsSync(path));
    for (const [path, { sessionId }] of gone) this.#remove(path, sessionId);
  }

  /** `dead` where a claim outlived its process. */
  holdingOf(sessionId: string): Holding {
    const claims = [...(this.#bySession.get(sessionId) ?? [])].map((path) => this.#byFile.get(path));
    const alive = claims.find((claim) => claim !== undefined && this.processes.isAlive(claim));
    if (alive === undefined) return { liveness: claims.length > 0 ? 'dead' : 'absent' };
    const { pid, asks } = alive;
    return { liveness: 'alive', pid, ...(asks === undefined ? {} : { asks }) };
  }

  #add(path: string, claim: ProcessClaim): void {
    this.#byFile.set(path, claim);
    const files = this.#bySession.get(claim.sessionId) ?? new Set();
    this.#bySession.set(claim.sessionId, files.add(path));
  }

  #remove(path: string, sessionId: string): void {
    this.#byFile.delete(path);
    const files = this.#bySession.get(sessionId);
    files?.delete(path);
    if (files?.size === 0) this.#bySession.delete(sessionId);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
