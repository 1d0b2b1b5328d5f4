import { Injectable } from '@nestjs/common';
import { AgentCatalog } from '../agents/agent-catalog.js';
import { Config } from '../config/config.js';
import type { Handover } from '../core/handover.js';
import type { SessionSnapshot } from '../core/session.js';
import { linesOf } from '../platform/file-lines.js';
import { SqliteRows } from '../platform/sqlite-rows.js';

/** All records of a session from its beginning, however its agent keeps them. */
@Injectable()
export class SessionStory {
  constructor(
    private readonly config: Config,
    private readonly agents: AgentCatalog,
  ) {}

  /** One record a line. Rejects where they cannot be read. */
  async *lines(session: SessionSnapshot): AsyncGenerator<string, void> {
    if (session.path === undefined) return;
    const { sessions } = this.agents.get(session.agent).layoutOf(session.home);
    if (sessions.kind === 'files') {
      yield* linesOf(session.path, this.config.monitor.maxLineBytes);
      return;
    }
    const rows = new SqliteRows(sessions.file);
    try {
      yield* sessions.queries.story(rows, session.id);
    } finally {
      rows.close();
    }
  }

  /** What they tell who takes over; undefined where the agent's records cannot tell. */
  async handover(session: SessionSnapshot): Promise<Handover | undefined> {
    const fold = this.agents.get(session.agent).newHandover();
    if (fold === undefined) return undefined;
    for await (const line of this.lines(session)) fold.accept(line);
    return fold.handover();
  }
}
