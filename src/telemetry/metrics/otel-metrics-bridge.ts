import type { Histogram, Meter, Observable } from '@opentelemetry/api';
import type { Cancel } from '../../core/ports/clock.js';
import { METRICS } from './metric-catalog.js';
import type { MetricRegistry } from './metric-registry.js';
import type { MetricSpec } from './metric-spec.js';

/**
 * Exports the whole catalogue through a meter: counters and gauges are read when it collects, histograms get
 * each value recorded from now on.
 */
export function bridgeMetrics(registry: MetricRegistry, meter: Meter): Cancel {
  const observables = new Map<string, Observable>();
  const histograms = new Map<string, Histogram>();
  for (const [name, spec] of Object.entries<MetricSpec>(METRICS)) {
    const options = { description: spec.help, unit: spec.unit };
    if (spec.kind === 'histogram') {
      const advice = { explicitBucketBoundaries: [...spec.buckets] };
      histograms.set(name, meter.createHistogram(name, { ...options, advice }));
    } else if (spec.kind === 'counter') observables.set(name, meter.createObservableCounter(name, options));
    else observables.set(name, meter.createObservableGauge(name, options));
  }
  return attach(registry, meter, observables, histograms);
}

function attach(
  registry: MetricRegistry,
  meter: Meter,
  observables: ReadonlyMap<string, Observable>,
  histograms: ReadonlyMap<string, Histogram>,
): Cancel {
  const cancelRecords = registry.onRecord((name, value, labels) =>
    histograms.get(name)?.record(value, labels),
  );
  const collect: Parameters<Meter['addBatchObservableCallback']>[0] = async (result) => {
    for (const { kind, name, series } of await registry.snapshot()) {
      const observable = observables.get(name);
      if (kind === 'number' && observable !== undefined)
        for (const { labels, value } of series) result.observe(observable, value, labels);
    }
  };
  const all = [...observables.values()];
  meter.addBatchObservableCallback(collect, all);
  return () => {
    cancelRecords();
    meter.removeBatchObservableCallback(collect, all);
  };
}
