import { dirname } from 'node:path';
import type { RunFold } from '../core/ports/agent.js';
import type { Clock } from '../core/ports/clock.js';
import { FolderWatch } from '../platform/folder-watch.js';
import { LineTail, type TailOptions } from '../platform/line-tail.js';

export type RunOutput = Readonly<{ stdoutPath: string; stderrPath: string }>;

export type NamingOptions = Readonly<{
  clock: Clock;
  timeoutMs: number;
  tail: TailOptions;
  /** Settles when the run has ended: what it has not said by then it never will. */
  ended: Promise<unknown>;
}>;

/** The session a run has chosen to work on, as soon as its output says so; undefined when it does not in time. */
export async function sessionNamedIn(
  { stdoutPath, stderrPath }: RunOutput,
  fold: RunFold,
  { clock, timeoutMs, tail, ended }: NamingOptions,
): Promise<string | undefined> {
  const [stdout, stderr] = [new LineTail(stdoutPath, tail), new LineTail(stderrPath, tail)];
  const named = Promise.withResolvers<string | undefined>();
  let reading = Promise.resolve();
  const look = (): Promise<void> =>
    (reading = reading.then(async () => {
      await stdout.read((line) => fold.accept(line));
      await stderr.read((line) => fold.acceptLog(line));
      if (fold.sessionId() !== undefined) named.resolve(fold.sessionId());
    }));
  const isOurs = (path: string): boolean => path === stdoutPath || path === stderrPath;
  const watch = new FolderWatch(dirname(stdoutPath), {
    depth: 0,
    onFile: (path) => isOurs(path) && void look(),
  });
  const cancel = clock.after(timeoutMs, () => named.resolve(undefined));
  void ended.then(look).then(() => named.resolve(fold.sessionId()));
  try {
    await watch.scanChanged();
    await look();
    return await named.promise;
  } finally {
    cancel();
    watch.close();
  }
}
