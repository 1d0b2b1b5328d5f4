import type { Config } from '../config/config.js';
import type { Agent, HomeLayout } from '../core/ports/agent.js';
import type { Clock } from '../core/ports/clock.js';
import type { ProcessHost } from '../core/ports/process-host.js';
import type { Signal } from '../core/signal.js';
import { DatabaseSource } from './database-source.js';
import { FileSource } from './file-source.js';
import { Home } from './home.js';
import { LogFeed } from './log-feed.js';
import { ServerFeed } from './server-feed.js';
import type { SessionSource, TrackedSession } from './tracked-session.js';

const HOUR_MS = 3_600_000;

export type HomeListener = Readonly<{
  /** A session has something new to read. */
  onSession: (home: Home, session: TrackedSession) => void;
  /** A live source of a home has something to say. */
  onSignals: (signals: readonly Signal[]) => void;
  /** The folders of the unfinished turns that a process holds. */
  foldersOf: (home: Home, pid: number) => readonly string[];
  /** Other processes may hold these sessions now. */
  onHolders: (ids: readonly string[]) => void;
}>;

/** Every home of every agent, nothing listed yet. */
export function openHomes(
  agents: readonly Agent[],
  config: Config,
  clock: Clock,
  processes: ProcessHost,
  listener: HomeListener,
): readonly Home[] {
  return agents.flatMap((agent) =>
    agent.homes().map((layout) => {
      const source = newSource(agent, layout, config, clock, (session) => listener.onSession(home, session));
      const log =
        layout.log === undefined
          ? undefined
          : new LogFeed(agent, layout.log, config.monitor, clock, listener.onSignals);
      const server =
        layout.server === undefined
          ? undefined
          : new ServerFeed({
              ...{ agent, processes, clock },
              server: layout.server,
              timeoutMs: () => config.monitor.serverTimeoutS * 1000,
              foldersOf: (pid) => listener.foldersOf(home, pid),
              onSignals: listener.onSignals,
            });
      const home: Home = new Home(agent, layout, source, { log, server }, processes, listener.onHolders);
      return home;
    }),
  );
}

function newSource(
  agent: Agent,
  { home, sessions }: HomeLayout,
  config: Config,
  clock: Clock,
  onChange: (session: TrackedSession) => void,
): SessionSource {
  const { monitor } = config;
  const listOnlyBeforeMs = (): number => clock.nowMs() - monitor.listOnlyAfterH * HOUR_MS;
  if (sessions.kind === 'database')
    return new DatabaseSource(agent, home, sessions, {
      clock,
      maxSessions: monitor.maxDatabaseSessions,
      listOnlyBeforeMs,
      onChange,
    });
  return new FileSource(agent, home, sessions, { tail: () => monitor, listOnlyBeforeMs, onChange });
}
