import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { HealthService, type HealthPart } from './health.service.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { listOf, objectOf, oneOf, TEXT } from '../openapi/schema.js';

const WORD = oneOf(['up', 'down']);
const PART = {
  ...objectOf({ name: TEXT, status: WORD }),
  properties: { name: TEXT, status: WORD, detail: TEXT },
};
const HEALTH = objectOf({ status: WORD, parts: listOf(PART) });

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process answers. */
  @ApiRoute({ summary: 'The process answers', answer: { schema: objectOf({ status: oneOf(['up']) }) } })
  @Get('live')
  live(): { status: string } {
    return { status: 'up' };
  }

  /** 200, or 503 naming the part that fails. */
  @ApiRoute({
    summary: 'Whether every part works',
    answer: { schema: HEALTH },
    others: { 503: { description: 'a part does not, and says why', schema: HEALTH } },
  })
  @Get(['', 'ready'])
  async ready(
    @Res({ passthrough: true }) response: Response,
  ): Promise<{ status: string; parts: HealthPart[] }> {
    const parts = await this.health.check();
    const isUp = parts.every(({ status }) => status === 'up');
    response.status(isUp ? 200 : 503);
    return { status: isUp ? 'up' : 'down', parts };
  }
}
