import { describe, expect, it } from '@jest/globals';
import type { AgentCatalog } from '../../src/agents/agent-catalog.js';
import { ClaudeCodeAdapter } from '../../src/agents/claude-code/claude-code.adapter.js';
import { CodexAdapter } from '../../src/agents/codex/codex.adapter.js';
import { GeminiCliAdapter } from '../../src/agents/gemini-cli/gemini-cli.adapter.js';
import { OpenCodeAdapter } from '../../src/agents/opencode/opencode.adapter.js';
import type { Agent } from '../../src/core/ports/agent.js';
import type { Attempt } from '../../src/core/ports/strategy.js';
import type { Run } from '../../src/core/run.js';
import { STOP_REASONS } from '../../src/core/stop.js';
import { LocalProcessHost } from '../../src/platform/local-process-host.js';
import { Orphans } from '../../src/platform/orphans.js';
import { SystemClock } from '../../src/platform/system-clock.js';
import { Tmux } from '../../src/platform/tmux.js';
import type { NextPrompts } from '../../src/resume/next-prompt.js';
import type { SessionBackups } from '../../src/resume/session-backup.js';
import { CompactStrategy } from '../../src/resume/strategies/compact.strategy.js';
import { DaemonStrategy } from '../../src/resume/strategies/daemon.strategy.js';
import { HeadlessStrategy } from '../../src/resume/strategies/headless.strategy.js';
import { NewSessionStrategy } from '../../src/resume/strategies/new-session.strategy.js';
import { ServerStrategy } from '../../src/resume/strategies/server.strategy.js';
import { STRATEGIES } from '../../src/resume/strategies/strategies.js';
import { choose, inOrder } from '../../src/resume/strategies/strategy-catalog.js';
import { TerminalStrategy } from '../../src/resume/strategies/terminal.strategy.js';
import { anEpisode, aSession, aStop } from '../support/an-episode.js';
import { testConfig } from '../support/test-config.js';

const config = testConfig('/nowhere');
const AGENTS: readonly Agent[] = [ClaudeCodeAdapter, CodexAdapter, GeminiCliAdapter, OpenCodeAdapter].map(
  (Adapter) => new Adapter(config),
);
const catalog = {
  get: (id: string) => AGENTS.find((agent) => agent.id === id),
} as unknown as AgentCatalog;
const host = new LocalProcessHost();
const clock = new SystemClock({} as never);
const strategies = inOrder([
  new NewSessionStrategy(catalog, {} as NextPrompts, {} as SessionBackups),
  new ServerStrategy(config, catalog, clock, host),
  new DaemonStrategy(config, catalog),
  new TerminalStrategy(config, catalog, clock, new Tmux(host)),
  new CompactStrategy(catalog),
  new HeadlessStrategy(config, catalog, new Orphans()),
]);

function attempt(agent: string, change: Partial<Attempt> = {}): Attempt {
  const episode = anEpisode({ agent });
  const contract = { cwd: '/nowhere', home: '/nowhere/home', permissionMode: 'mode' };
  return { episode, session: aSession({ agent }), contract, earlier: [], ...change };
}
const full = (agent: string, earlier: readonly Run[] = []) =>
  attempt(agent, {
    episode: anEpisode({ agent, stop: aStop({ reason: 'context_exhausted' }) }),
    earlier,
  });
const ran = (strategy: string, result: 'ok' | 'failed'): Run => ({
  id: strategy,
  kind: 'resume',
  agent: 'x',
  sessionId: 's',
  contract: { cwd: '/', home: '/' },
  strategy,
  startedAtMs: 0,
  outcome: { result, deniedTools: [] },
});
/** A process that lives, and holds nothing of any agent. */
const held = (agent: string) =>
  attempt(agent, { session: aSession({ agent, liveness: 'alive', pid: process.pid }) });

describe.each(AGENTS.map((agent) => agent.id))('strategies for %s', (agent) => {
  it.each(strategies.map((strategy) => [strategy.id, strategy] as const))(
    '%s says why, or why not, in words',
    async (_id, strategy) => {
      for (const asked of [attempt(agent), held(agent), full(agent)]) {
        const { why } = await strategy.fit(asked);
        expect(why).toMatch(/\w+ \w+/);
      }
    },
  );

  it('nobody writes beside a process that holds the session and cannot be told', async () => {
    for (const reason of STOP_REASONS) {
      const asked = held(agent);
      const episode = { ...asked.episode, stop: aStop({ reason }) };
      expect((await choose(strategies, { ...asked, episode })).strategy).toBeUndefined();
    }
  });

  it('a session that nobody holds is gone on with in a process of ours', async () => {
    const { strategy } = await choose(strategies, attempt(agent));
    expect(strategy).toMatchObject({ id: 'headless', throughHolder: false });
    const work = await strategy?.prepare(attempt(agent));
    expect(work).toMatchObject({ kind: 'process', command: { cwd: '/nowhere', stdin: 'continue' } });
  });

  it('a full context is made smaller once where the agent can, and handed over once', async () => {
    const { id } = (await choose(strategies, full(agent))).strategy ?? {};
    const first = { 'claude-code': 'compact', codex: 'headless' }[agent] ?? 'new-session';
    expect(id).toBe(first);
    const failed = await choose(strategies, full(agent, [ran(first, 'failed')]));
    expect(failed.strategy?.id).toBe(first === 'new-session' ? undefined : 'new-session');
    const twice = await choose(strategies, full(agent, [ran('new-session', 'failed'), ran(first, 'failed')]));
    expect(twice.strategy).toBeUndefined();
    expect(twice.why).toContain('once already');
  });
});

describe('strategies', () => {
  it('are those of the list, each asked once, in an order without doubt', () => {
    const listed = STRATEGIES.map((Class) => Class.name).toSorted();
    expect(strategies.map((strategy) => strategy.constructor.name).toSorted()).toEqual(listed);
    expect(strategies.map(({ id }) => id)).toEqual([
      'server',
      'daemon',
      'terminal',
      'compact',
      'headless',
      'new-session',
    ]);
  });

  it('that share a rank, or are none, are refused', () => {
    const twin = new CompactStrategy(catalog);
    expect(() => inOrder([twin, twin])).toThrow('share');
    expect(() => inOrder([{}])).toThrow('no Strategy');
  });

  it('go on with what was compacted just now', async () => {
    const compacted = full('claude-code', [ran('compact', 'ok')]);
    expect((await choose(strategies, compacted)).strategy?.id).toBe('headless');
  });
});
