import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { PlainAgent } from '../../test/support/plain-agent.js';
import { testConfig } from '../../test/support/test-config.js';
import { until } from '../../test/support/until.js';
import type { HomeLayout } from '../core/ports/agent.js';
import { SessionQueries, type Rows } from '../core/ports/session-database.js';
import { LocalProcessHost } from '../platform/local-process-host.js';
import type { Home } from './home.js';
import { openHomes } from './open-homes.js';

class OneTable extends SessionQueries {
  list(rows: Rows, limit: number) {
    const found = rows.select('select id, at from session order by at desc limit ?', limit);
    return found.map(({ id, at }) => ({ id: String(id), modifiedMs: Number(at) }));
  }
  mark() {
    return { last: 0, open: [] };
  }
  changedSince() {
    return { ids: [], mark: this.mark() };
  }
  records() {
    return ['{"cwd":"/p"}'];
  }
}

/** Homes of one agent whose layout is told for each. */
class ManyHomes extends PlainAgent {
  constructor(private readonly layouts: Readonly<Record<string, Omit<HomeLayout, 'home'>>>) {
    super();
  }
  override configuredHomes(): readonly string[] {
    return Object.keys(this.layouts);
  }
  override layoutOf(home: string): HomeLayout {
    return { home, ...(this.layouts[home] ?? this.layout) };
  }
}

let dir: string;
let clock: FakeClock;
let toClose: Home[];
let told: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'homes-'));
  clock = new FakeClock(Date.now());
  [toClose, told] = [[], []];
});
afterEach(async () => {
  for (const home of toClose) home.close();
  await rm(dir, { recursive: true, force: true });
});

function open(
  layouts: Readonly<Record<string, Omit<HomeLayout, 'home'>>>,
  ...argv: string[]
): readonly Home[] {
  const config = testConfig(dir, ...argv);
  const homes = openHomes([new ManyHomes(layouts)], config, clock, new LocalProcessHost(), {
    onSession: (home, { id }) => told.push(`${home.layout.home} session ${id}`),
    onSignals: (signals) => told.push(...signals.map(({ sessionId }) => `signal ${sessionId}`)),
    onHolders: (ids) => told.push(...ids.map((id) => `holder ${id}`)),
    foldersOf: () => [],
  });
  toClose.push(...homes);
  return homes;
}
const files = (folder: string): HomeLayout['sessions'] => ({
  kind: 'files',
  folder: { path: join(dir, folder), depth: 0 },
});
const database = (): HomeLayout['sessions'] => ({
  kind: 'database',
  file: join(dir, 'agent.db'),
  queries: new OneTable(),
});
const processes = { kind: 'processes' } as const;
const scanned = async ([home]: readonly Home[]) => (await home?.source.scan())?.map(({ id }) => id);
const untilTold = (what: string) =>
  until(async () => told.includes(what) || undefined, {
    timeoutMs: 3000,
    failure: () => `not told of ${what}, but of ${told.join()}`,
  });

describe('openHomes', () => {
  it('opens each home of each agent, and none of one that has none', () => {
    const layouts = {
      '/a': { sessions: files('a'), holders: processes },
      '/b': { sessions: files('b'), holders: processes },
    };
    expect(open(layouts).map(({ layout, agent }) => [layout.home, agent.id])).toEqual([
      ['/a', 'plain'],
      ['/b', 'plain'],
    ]);
    expect(open({})).toEqual([]);
  });

  it('reads sessions from files, and says in which home one changes', async () => {
    await mkdir(join(dir, 'a'));
    await writeFile(join(dir, 'a/s.jsonl'), '{"cwd":"/p"}\n');
    const opened = open({ '/a': { sessions: files('a'), holders: processes } });
    expect(await scanned(opened)).toEqual(['s']);
    await writeFile(join(dir, 'a/s.jsonl'), '{"cwd":"/q"}\n');
    await untilTold('/a session s');
  });

  it('reads sessions from a database, as many as the settings say, the older ones only listed', async () => {
    const written = new DatabaseSync(join(dir, 'agent.db'));
    const [hourMs, now] = [3_600_000, clock.nowMs()];
    written.exec(`create table session (id, at);
      insert into session values ('a', ${now}), ('b', ${now - 3 * hourMs}), ('c', ${now - 4 * hourMs})`);
    written.close();
    const opened = open(
      { '/a': { sessions: database(), holders: processes } },
      '--monitor.max_database_sessions=2',
      '--monitor.list_only_after_h=2',
    );
    expect(await scanned(opened)).toEqual(['a']);
    expect([...(opened[0]?.source.sessions() ?? [])].map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('listens to the log of a home that has one, once it is told to', async () => {
    await writeFile(join(dir, 'agent.log'), 'first\n');
    const [home] = open({ '/a': { sessions: files('a'), holders: processes, log: join(dir, 'agent.log') } });
    expect(told).toEqual([]);
    await home?.listen();
    expect(told).toEqual(['signal first']);
    const [silent] = open({ '/a': { sessions: files('a'), holders: processes } });
    await silent?.listen();
  });

  it('says whose holder may have changed', async () => {
    await mkdir(join(dir, 'locks'));
    const [home] = open({
      '/a': { sessions: files('a'), holders: { kind: 'locks', folder: join(dir, 'locks') } },
    });
    if (home === undefined) throw new Error('no home was opened');
    home.agent.lockedSession = (path) => path.slice(join(dir, 'locks/').length);
    await home.holders.refresh();
    await writeFile(join(dir, 'locks/s'), '');
    await untilTold('holder s');
  });

  it('is told nothing more once a home is closed', async () => {
    await mkdir(join(dir, 'a'));
    const [closed] = open({ '/a': { sessions: files('a'), holders: processes } });
    await closed?.source.scan();
    closed?.close();
    const seen = told;
    told = [];
    const opened = open({ '/b': { sessions: files('a'), holders: processes } });
    await scanned(opened);
    await writeFile(join(dir, 'a/s.jsonl'), '');
    await untilTold('/b session s');
    expect(seen).toEqual([]);
    expect(told.filter((what) => what.startsWith('/a'))).toEqual([]);
  });
});
