import { readdir } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { MetricRegistry } from './metric-registry.js';

const RESOLUTION_MS = 20;
/** Linux lists the descriptors of a process here. */
const DESCRIPTORS = '/proc/self/fd';

/** What Node knows of this process, looked up when somebody asks. */
@Injectable()
export class ProcessMetrics implements OnModuleInit, OnApplicationShutdown {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;

  constructor(private readonly metrics: MetricRegistry) {}

  onModuleInit(): void {
    this.metrics.observe(() => this.#read());
  }

  onApplicationShutdown(): void {
    this.#delay?.disable();
  }

  async #read(): Promise<void> {
    this.#readUsage();
    this.#readEventLoop();
    const descriptors = await readdir(DESCRIPTORS).catch(() => undefined);
    // The one that lists them is not there any more.
    if (descriptors !== undefined) this.metrics.gauge('process_open_fds').set(descriptors.length - 1, {});
  }

  #readUsage(): void {
    const { user, system } = process.cpuUsage();
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const { metrics } = this;
    metrics.counter('process_cpu_user_seconds_total').setTotal(user / 1e6, {});
    metrics.counter('process_cpu_system_seconds_total').setTotal(system / 1e6, {});
    metrics.gauge('process_resident_memory_bytes').set(rss, {});
    metrics.gauge('process_start_time_seconds').set(performance.timeOrigin / 1000, {});
    metrics.gauge('nodejs_heap_size_total_bytes').set(heapTotal, {});
    metrics.gauge('nodejs_heap_size_used_bytes').set(heapUsed, {});
    metrics.gauge('nodejs_external_memory_bytes').set(external, {});
  }

  /** The first reading starts the measuring: nobody pays for a timer while nobody looks. */
  #readEventLoop(): void {
    if (this.#delay === undefined) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
    }
    const delay = this.#delay;
    if (delay.count === 0) return;
    this.metrics.gauge('nodejs_eventloop_lag_mean_seconds').set(lagSeconds(delay.mean), {});
    this.metrics.gauge('nodejs_eventloop_lag_p99_seconds').set(lagSeconds(delay.percentile(99)), {});
    this.metrics.gauge('nodejs_eventloop_lag_max_seconds').set(lagSeconds(delay.max), {});
    delay.reset();
  }
}

/** Node counts the whole time between two ticks of its timer; only what is over the interval is a delay. */
function lagSeconds(tickNs: number): number {
  return Math.max(0, tickNs / 1e9 - RESOLUTION_MS / 1000);
}
