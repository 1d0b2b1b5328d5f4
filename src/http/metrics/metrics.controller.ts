import { Controller, Get, Header } from '@nestjs/common';
import { MetricRegistry } from '../../telemetry/metrics/metric-registry.js';
import { PROMETHEUS_TYPE, prometheusText } from '../../telemetry/metrics/prometheus-text.js';
import { ApiRoute } from '../openapi/api-route.decorator.js';
import { TEXT } from '../openapi/schema.js';

@Controller()
export class MetricsController {
  constructor(private readonly metrics: MetricRegistry) {}

  /** All metrics in the Prometheus text format. */
  @ApiRoute({ summary: 'All metrics, for Prometheus', answer: { type: 'text/plain', schema: TEXT } })
  @Get(['metrics', 'api/v1/metrics'])
  @Header('content-type', PROMETHEUS_TYPE)
  @Header('cache-control', 'no-store')
  async show(): Promise<string> {
    return prometheusText(await this.metrics.snapshot());
  }
}
