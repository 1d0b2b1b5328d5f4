import { existsSync, readFileSync } from 'node:fs';
import type { Agent } from '../core/ports/agent.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Holding, ProcessClaim } from '../core/session.js';
import { statOf } from '../platform/stat-of.js';

/** A file changed so shortly before it was read may change once more within the same tick of its time. */
const SETTLED_MS = 2000;
/** A claim is a few lines. */
const MAX_BYTES = 65_536;

/** Which processes say they hold which sessions, by the claim files of the agents' homes. */
export class ClaimTable {
  readonly #byFile = new Map<string, ProcessClaim>();
  readonly #bySession = new Map<string, Set<string>>();
  /** When each file was read. */
  readonly #readMs = new Map<string, number>();
  /** The processes that were gone when they were looked at last. */
  readonly #gone = new Set<string>();

  constructor(private readonly processes: ProcessHost) {}

  /**
   * Takes in what a claim file says now; gives the sessions whose liveness this may change. It is read at once: of two
   * reads under way the older could come last, and a claim that was put away would seem to have outlived its process.
   */
  update(agent: Agent, path: string): readonly string[] {
    this.#readMs.set(path, Date.now());
    const text = textOf(path);
    const claim = text === undefined ? undefined : agent.claimOf(text);
    const before = this.#byFile.get(path);
    // A file caught half written is no claim yet; its end brings the next event.
    if (text !== undefined && claim === undefined) return [];
    if (before !== undefined) this.#remove(path, before.sessionId);
    if (claim !== undefined) this.#add(path, claim);
    const touched = [before?.sessionId, claim?.sessionId].filter((id) => id !== undefined);
    return [...new Set(touched)];
  }

  /** Takes in the files of a full listing: reads those that are not known as they are, drops those that are gone. */
  retain(agent: Agent, paths: readonly string[]): void {
    const kept = new Set(paths);
    for (const path of [...this.#readMs.keys()].filter((path) => !kept.has(path) && !existsSync(path))) {
      this.#readMs.delete(path);
      const claim = this.#byFile.get(path);
      if (claim !== undefined) this.#remove(path, claim.sessionId);
    }
    for (const path of paths) if (this.#isNews(path)) this.update(agent, path);
  }

  /** Looks which of the processes still live: once each, however much it claims. */
  checkProcesses(): void {
    this.#gone.clear();
    const byName = new Map([...this.#byFile.values()].map((claim) => [nameOf(claim), claim]));
    for (const claim of byName.values()) this.#check(claim);
  }

  /** As of the last look. `dead` where a claim outlived its process. */
  holdingOf(sessionId: string): Holding {
    const claims = [...(this.#bySession.get(sessionId) ?? [])].map((path) => this.#byFile.get(path));
    const alive = claims.find((claim) => claim !== undefined && !this.#gone.has(nameOf(claim)));
    if (alive === undefined) return { liveness: claims.length > 0 ? 'dead' : 'absent' };
    const { pid, asks } = alive;
    return { liveness: 'alive', pid, ...(asks === undefined ? {} : { asks }) };
  }

  #check(claim: ProcessClaim): void {
    if (this.processes.isAlive(claim)) this.#gone.delete(nameOf(claim));
    else this.#gone.add(nameOf(claim));
  }

  #isNews(path: string): boolean {
    const readMs = this.#readMs.get(path);
    const changedMs = statOf(path)?.mtimeMs;
    return readMs === undefined || changedMs === undefined || changedMs > readMs - SETTLED_MS;
  }

  #add(path: string, claim: ProcessClaim): void {
    this.#byFile.set(path, claim);
    this.#check(claim);
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

function textOf(path: string): string | undefined {
  const info = statOf(path);
  if (info?.isFile() !== true || info.size > MAX_BYTES) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function nameOf({ pid, procStart }: ProcessClaim): string {
  return `${pid} ${procStart ?? ''}`;
}
