import {
  BadRequestException,
  Body,
  Controller,
  Get,
  Param,
  Post,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { OPEN_STATES, type Episode } from '../../core/episode.js';
import { PalingenesisError } from '../../core/errors.js';
import { SessionDirectory } from '../../core/ports/session-directory.js';
import type { SessionSnapshot } from '../../core/session.js';
import { WorkflowWatch } from '../../monitor/workflow/workflow-watch.js';
import { LaunchService } from '../../resume/launch.service.js';
import { EpisodeRepository } from '../../store/episode.repository.js';
import { RunRepository } from '../../store/run.repository.js';
import { Span } from '../../telemetry/span.js';
import { episodeView } from '../episodes/episode.view.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { PageQuery } from '../page.query.js';
import { LaunchDto } from './launch.dto.js';
import { runView, SESSION_STATES, sessionView, stateOf } from './session.view.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { SESSION_DETAIL, SESSION_PAGE } from './session.schema.js';

const TIMELINE_LENGTH = 50;

type Place = Pick<SessionSnapshot, 'id' | 'modifiedMs'>;

const byUse = (a: Place, b: Place): number =>
  b.modifiedMs - a.modifiedMs || (a.id < b.id ? -1 : Number(a.id > b.id));

/** Opaque to clients. */
function cursorAt({ modifiedMs, id }: Place): string {
  return Buffer.from(`${modifiedMs} ${id}`).toString('base64url');
}

function placeIn(cursor: string): Place {
  const [, modifiedMs, id] =
    /^(\d+(?:\.\d+)?) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (modifiedMs === undefined || id === undefined)
    throw new BadRequestException('cursor: not one that was given out');
  return { modifiedMs: Number(modifiedMs), id };
}

export class SessionsQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(50)
  readonly agent?: string;

  @IsOptional()
  @IsIn(SESSION_STATES)
  readonly state?: string;
}

@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionDirectory,
    private readonly episodes: EpisodeRepository,
    private readonly runs: RunRepository,
    private readonly launches: LaunchService,
    private readonly workflows: WorkflowWatch,
  ) {}

  /** The most recently used first. A page goes on where the last one ended, also when that session is gone since. */
  @ApiRoute({ summary: 'The sessions, the most recently used first', answer: { schema: SESSION_PAGE } })
  @Get()
  async list(@Query() { agent, state, limit, cursor }: SessionsQuery): Promise<object> {
    const open = await this.#openEpisodes();
    const all = this.sessions
      .list()
      .filter((session) => agent === undefined || session.agent === agent)
      .filter((session) => state === undefined || stateOf(session, open.get(session.id)) === state)
      .toSorted(byUse);
    const last = cursor === undefined ? undefined : placeIn(cursor);
    const rest = last === undefined ? all : all.filter((session) => byUse(last, session) < 0);
    const page = rest.slice(0, limit);
    const end = page.at(-1);
    return {
      sessions: page.map((session) => this.#view(session, open.get(session.id))),
      next_cursor: end !== undefined && rest.length > limit ? cursorAt(end) : null,
      total: all.length,
    };
  }

  /** One session with its episodes and our runs in it, the newest first. */
  @ApiRoute({
    summary: 'One session with its episodes and our runs in it',
    answer: { schema: SESSION_DETAIL },
    problems: ['not-found'],
  })
  @Get(':id')
  async show(@Param('id') id: string): Promise<object> {
    const session = await this.sessions.refresh(id);
    if (session === undefined) throw new PalingenesisError('not-found', `no session "${id}"`);
    return this.#withTimeline(session);
  }

  /** Starts a headless run that is ours; answers as soon as its process runs. */
  @ApiRoute({
    summary: 'Start a headless run that is followed to its end',
    answer: { status: 201, schema: SESSION_DETAIL },
    problems: ['agent-unknown', 'agent-unavailable', 'launch-failed', 'cwd-missing', 'idempotency-mismatch'],
  })
  @Post()
  @UseInterceptors(IdempotencyInterceptor)
  @Span('sessions.launch')
  async launch(@Body() body: LaunchDto): Promise<object> {
    const { agent, cwd, prompt, permission_mode: permissionMode, model, allowed_tools: allowedTools } = body;
    const session = await this.launches.launch({
      cwd,
      prompt,
      ...(agent === undefined ? {} : { agent }),
      ...(permissionMode === undefined ? {} : { permissionMode }),
      ...(model === undefined ? {} : { model }),
      ...(allowedTools === undefined ? {} : { allowedTools }),
    });
    return this.#withTimeline(session);
  }

  async #withTimeline(session: SessionSnapshot): Promise<object> {
    const open = await this.episodes.findOpen(session.id);
    const episodes = await this.episodes.list({ sessionId: session.id, limit: TIMELINE_LENGTH });
    const runs = await this.runs.ofSession(session.id, TIMELINE_LENGTH);
    return {
      ...this.#view(session, open),
      episodes: episodes.map(episodeView),
      runs: runs.map(runView),
    };
  }

  #view(session: SessionSnapshot, episode: Episode | undefined): object {
    return sessionView(session, episode, this.workflows.workflowOf(session));
  }

  async #openEpisodes(): Promise<ReadonlyMap<string, Episode>> {
    const open = await this.episodes.inStates(OPEN_STATES);
    return new Map(open.map((episode) => [episode.sessionId, episode]));
  }
}
