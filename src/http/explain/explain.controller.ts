import { Controller, Get, Param } from '@nestjs/common';
import { ExplainService, type Explained } from '../../resume/explain.service.js';
import { iso } from '../episodes/episode.view.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { EXPLANATION } from './explain.schema.js';

/** Why a session is, or is not, resumed: in one paragraph and as data. */
@Controller('api/v1')
export class ExplainController {
  constructor(private readonly explanations: ExplainService) {}

  /** What is done about one stop. */
  @ApiRoute({
    summary: 'Why an episode is, or is not, acted on',
    answer: { schema: EXPLANATION },
    problems: ['not-found'],
  })
  @Get('episodes/:id/explain')
  async episode(@Param('id') id: string): Promise<object> {
    return view(await this.explanations.episode(id));
  }

  /** What is done about a session, or why nothing is. */
  @ApiRoute({
    summary: 'Why a session is, or is not, resumed',
    answer: { schema: EXPLANATION },
    problems: ['not-found'],
  })
  @Get('sessions/:id/explain')
  async session(@Param('id') id: string): Promise<object> {
    return view(await this.explanations.session(id));
  }
}

function view({ session, episode, explanation }: Explained): object {
  const { text, seen, planned, dueAtMs, blockedBy, wouldChange } = explanation;
  return {
    session_id: episode?.sessionId ?? session?.id ?? null,
    episode_id: episode?.id ?? null,
    state: episode?.state ?? null,
    text,
    seen,
    planned,
    due_at: iso(dueAtMs),
    blocked_by: blockedBy.map(({ kind, why, untilMs }) => ({ kind, why, until: iso(untilMs) })),
    would_change: wouldChange,
  };
}
