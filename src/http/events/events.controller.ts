import { BadRequestException, Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import type { Response } from 'express';
import { EVENT_TYPES } from './event-catalog.js';
import { EventStreams } from './event-streams.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { TEXT } from '../openapi/schema.js';

export class EventsQuery {
  /** Only these types: separated by commas, or given more than once. */
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => [value].flat().flatMap((part) => String(part).split(',')))
  @IsIn(EVENT_TYPES, { each: true, message: `type: allowed are ${EVENT_TYPES.join(', ')}` })
  readonly type?: readonly string[];

  /** Only what is about one session. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly session?: string;

  /** Id of the last event that is known: those after it come first. 0: all that are kept. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  readonly since?: number;
}

@Controller('api/v1/events')
export class EventsController {
  constructor(private readonly streams: EventStreams) {}

  /** Server-sent events: docs/events.md. `Last-Event-ID` wins over `since`: it is what a reconnect knows. */
  @ApiRoute({
    summary: 'What happens, as it happens: docs/events.md',
    answer: { type: 'text/event-stream', schema: TEXT },
    problems: ['too-many-clients'],
  })
  @Get()
  follow(
    @Query() { type = [], session, since }: EventsQuery,
    @Headers('last-event-id') lastId: string | undefined,
    @Res() response: Response,
  ): void {
    const filter = { types: new Set(type), sessionId: session };
    this.streams.open(response, filter, lastEventId(lastId) ?? since);
  }
}

function lastEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new BadRequestException(`Last-Event-ID: "${text.slice(0, 20)}" is no id of an event`);
}
