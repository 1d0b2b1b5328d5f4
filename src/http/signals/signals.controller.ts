import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { AgentCatalog } from '../../agents/agent-catalog.js';
import { PalingenesisError } from '../../core/errors.js';
import type { Agent } from '../../core/ports/agent.js';
import { Clock } from '../../core/ports/clock.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { INTEGER, objectOf } from '../openapi/schema.js';

/** Where the hooks and plugins of agents report. What they hand over holds prompts and is kept nowhere. */
@Controller('api/v1/signals')
export class SignalsController {
  constructor(
    private readonly agents: AgentCatalog,
    private readonly clock: Clock,
    private readonly sessions: SessionDirectory,
  ) {}

  /** Takes one report in the agent's own shape; answers how many signals it held. Unknown shapes hold none. */
  @ApiRoute({
    summary: 'Take a report of a hook or plugin of an agent, in the shape of that agent',
    answer: { status: 202, schema: objectOf({ signals: INTEGER }) },
    problems: ['not-found'],
    body: { type: ['object', 'array'] },
  })
  @Post(':agent')
  @HttpCode(202)
  accept(@Param('agent') agent: string, @Body() report: unknown): object {
    const signals = this.#find(agent).signalsOf(report, this.clock.nowMs());
    this.sessions.signal(signals);
    return { signals: signals.length };
  }

  #find(id: string): Agent {
    const all = this.agents.all();
    const found = all.find((agent) => agent.id === id);
    if (found !== undefined) return found;
    throw new PalingenesisError(
      'not-found',
      `no agent "${id}"; known: ${all.map((agent) => agent.id).join(', ')}`,
    );
  }
}
