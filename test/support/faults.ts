import type { Kysely, KyselyPlugin } from 'kysely';
import { type ProcessHost } from '../../src/core/ports/process-host.js';
import { type SessionDirectory } from '../../src/core/ports/session-directory.js';

/** What becomes of the n-th thing that is asked of disk or system: it fails, or the service dies before it. */
export type Fault = Readonly<{ at: number; kind: 'fail' | 'kill' }>;

/** Counts what one service asks for, and lets it meet its fault. A service that died asks for nothing any more. */
export class Io {
  count = 0;
  #isDead = false;

  constructor(private readonly fault: Fault | undefined) {}

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Call before each thing is done. */
  ask(what: string): void {
    if (this.#isDead) throw new Error(`${what}: the service is dead`);
    this.count += 1;
    if (this.fault?.at !== this.count) return;
    this.#isDead = this.fault.kind === 'kill';
    throw new Error(`${what}: made to fail`);
  }

  database<T>(db: Kysely<T>): Kysely<T> {
    const plugin: KyselyPlugin = {
      transformQuery: ({ node }) => {
        this.ask(`database (${node.kind})`);
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    };
    return db.withPlugin(plugin);
  }

  processes(host: ProcessHost): ProcessHost {
    return this.#asking(host, 'start');
  }

  sessions(directory: SessionDirectory): SessionDirectory {
    return this.#asking(directory, 'refresh');
  }

  /** The same thing, with one method that asks first. */
  #asking<T extends object>(target: T, method: keyof T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: readonly unknown[]): unknown => {
          if (name !== method) return Reflect.apply(member, target, args);
          try {
            this.ask(String(name));
          } catch (error) {
            return Promise.reject(error instanceof Error ? error : new Error(String(error)));
          }
          return Reflect.apply(member, target, args);
        };
      },
    });
  }
}
