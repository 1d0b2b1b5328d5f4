type Job = { work: () => Promise<void>; readonly done: Promise<void>; readonly finish: () => void };

/**
 * One mailbox per key: work for one key runs one at a time and is asked for once however often it is posted
 * meanwhile, and at most `limit` keys are served at once. So a burst of file events costs two reads, not many.
 */
export class Mailboxes {
  readonly #pending = new Map<string, Job>();
  readonly #busy = new Set<string>();

  constructor(private readonly limit: number) {}

  /** Resolves when work that began after this call is done. `work` must not reject. */
  post(key: string, work: () => Promise<void>): Promise<void> {
    const job = this.#pending.get(key) ?? newJob(work);
    job.work = work;
    this.#pending.set(key, job);
    this.#serve();
    return job.done;
  }

  #serve(): void {
    for (const [key, job] of this.#pending) {
      if (this.#busy.size >= this.limit) return;
      if (this.#busy.has(key)) continue;
      this.#pending.delete(key);
      this.#busy.add(key);
      void job.work().finally(() => {
        this.#busy.delete(key);
        job.finish();
        this.#serve();
      });
    }
  }
}

function newJob(work: () => Promise<void>): Job {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work, done: promise, finish: resolve };
}
