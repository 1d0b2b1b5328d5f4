import { Controller, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { HealthService, type HealthPart } from './health.service.js';

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process answers. */
  @Get('live')
  live(): { status: string } {
    return { status: 'up' };
  }

  /** 200, or 503 naming the part that fails. */
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
