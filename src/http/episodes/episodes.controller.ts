import { Controller, Get, Param, Query } from '@nestjs/common';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { EPISODE_STATES } from '../../core/episode.js';
import { PalingenesisError } from '../../core/errors.js';
import { EpisodeRepository } from '../../store/episode.repository.js';
import { PageQuery } from '../page.query.js';
import { episodeView, iso } from './episode.view.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { EPISODE_DETAIL, EPISODE_PAGE } from './episode.schema.js';

export class EpisodesQuery extends PageQuery {
  @IsOptional()
  @IsIn(EPISODE_STATES)
  readonly state?: string;

  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly session_id?: string;
}

@Controller('api/v1/episodes')
export class EpisodesController {
  constructor(private readonly episodes: EpisodeRepository) {}

  /** Newest first. The cursor is the id of the last one of the page before, of which only the order counts. */
  @ApiRoute({ summary: 'The episodes, the newest first', answer: { schema: EPISODE_PAGE } })
  @Get()
  async list(@Query() query: EpisodesQuery): Promise<object> {
    const { limit, cursor, state, session_id: sessionId } = query;
    const found = await this.episodes.list({
      limit: limit + 1,
      ...(cursor === undefined ? {} : { before: cursor }),
      ...(state === undefined ? {} : { state }),
      ...(sessionId === undefined ? {} : { sessionId }),
    });
    const page = found.slice(0, limit);
    return {
      episodes: page.map(episodeView),
      next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
    };
  }

  /** One episode with its audit trail, oldest line first. */
  @ApiRoute({
    summary: 'One episode with its audit trail, the oldest line first',
    answer: { schema: EPISODE_DETAIL },
    problems: ['not-found'],
  })
  @Get(':id')
  async show(@Param('id') id: string): Promise<object> {
    const episode = await this.episodes.find(id);
    if (episode === undefined) throw new PalingenesisError('not-found', `no episode "${id}"`);
    const trail = await this.episodes.audit(id);
    return {
      ...episodeView(episode),
      audit: trail.map(({ atMs, from, to, why, detail }) => ({ at: iso(atMs), from, to, why, detail })),
    };
  }
}
