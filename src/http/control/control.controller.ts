import { Body, Controller, HttpCode, Param, Post, Req, UseInterceptors } from '@nestjs/common';
import type { Request } from 'express';
import type { ErrorCode } from '../../core/errors.js';
import { ControlService, type ControlAnswer } from '../../resume/control.service.js';
import { episodeView } from '../episodes/episode.view.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import { runView } from '../sessions/session.view.js';
import { AckDto } from './ack.dto.js';
import { originOf } from './origin-of.js';
import { ResumeNowDto } from './resume-now.dto.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { CONTROLLED } from './control.schema.js';

const PROBLEMS: readonly ErrorCode[] = [
  ...(['not-found', 'nothing-to-do', 'run-in-progress', 'paused'] as const),
  ...(['strategy-unavailable', 'stale-episode', 'idempotency-mismatch'] as const),
];

/** Acts on one session. Each takes an `Idempotency-Key`. */
@Controller('api/v1/sessions/:id')
@UseInterceptors(IdempotencyInterceptor)
export class ControlController {
  constructor(private readonly control: ControlService) {}

  /** Makes its resume due now; the answer comes before it has begun. */
  @ApiRoute({
    summary: 'Make the resume of a session due now',
    answer: { status: 202, schema: CONTROLLED },
    problems: PROBLEMS,
  })
  @Post('resume')
  @HttpCode(202)
  async resume(
    @Param('id') id: string,
    @Req() request: Request,
    @Body() { strategy }: ResumeNowDto,
  ): Promise<object> {
    const origin = originOf(request);
    return view(
      id,
      strategy === undefined
        ? await this.control.resumeNow(id, origin)
        : await this.control.newSession(id, origin),
    );
  }

  /** Goes on with its work in a new session. */
  @ApiRoute({
    summary: 'Go on with the work of a session in a new one',
    answer: { status: 202, schema: CONTROLLED },
    problems: PROBLEMS,
  })
  @Post('new-session')
  @HttpCode(202)
  async newSession(@Param('id') id: string, @Req() request: Request): Promise<object> {
    return view(id, await this.control.newSession(id, originOf(request)));
  }

  /** Leaves it alone until it stops the next time. */
  @ApiRoute({
    summary: 'Leave a session alone until it stops the next time',
    answer: { status: 200, schema: CONTROLLED },
    problems: PROBLEMS,
  })
  @Post('skip')
  @HttpCode(200)
  async skip(@Param('id') id: string, @Req() request: Request): Promise<object> {
    return view(id, await this.control.skip(id, originOf(request)));
  }

  /** Ends our run in it; the answer comes before its processes have ended. */
  @ApiRoute({
    summary: 'End our run in a session',
    answer: { status: 202, schema: CONTROLLED },
    problems: PROBLEMS,
  })
  @Post('abort')
  @HttpCode(202)
  async abort(@Param('id') id: string, @Req() request: Request): Promise<object> {
    return view(id, await this.control.abort(id, originOf(request)));
  }

  /** A person has seen that it is parked. */
  @ApiRoute({
    summary: 'Say what is to become of a parked episode',
    answer: { status: 200, schema: CONTROLLED },
    problems: PROBLEMS,
  })
  @Post('ack')
  @HttpCode(200)
  async ack(@Param('id') id: string, @Req() request: Request, @Body() { action }: AckDto): Promise<object> {
    return view(id, await this.control.ack(id, originOf(request), action));
  }
}

function view(sessionId: string, { why, episode, run }: ControlAnswer): object {
  return {
    session_id: sessionId,
    why,
    episode: episode === undefined ? null : episodeView(episode),
    run: run === undefined ? null : runView(run),
  };
}
