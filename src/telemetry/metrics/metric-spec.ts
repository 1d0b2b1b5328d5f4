/**
 * What a label may say: one of a list, or whatever its source names, as long as there are no more than `max`
 * different ones. Anything else is exported as "other", so that no label ever grows without a bound.
 */
export type LabelSpec = Readonly<{ values: readonly string[] } | { source: string; max: number }>;

type Described = Readonly<{
  help: string;
  /** As in UCUM: `s`, `By`, `1`, or what is counted, in braces. */
  unit: string;
  labels: Readonly<Record<string, LabelSpec>>;
}>;

export type NumberSpec = Described & Readonly<{ kind: 'counter' | 'gauge' }>;
/** `buckets`: upper bounds, ascending, in the metric's unit; the one without a bound is implied. */
export type HistogramSpec = Described & Readonly<{ kind: 'histogram'; buckets: readonly number[] }>;
export type MetricSpec = NumberSpec | HistogramSpec;

export type LabelValues = Readonly<Record<string, string>>;

export type Series<Point> = Point & Readonly<{ labels: LabelValues }>;

/** What one metric says at one moment. */
export type Reading =
  | Readonly<{ kind: 'number'; name: string; spec: NumberSpec; series: readonly Series<NumberPoint>[] }>
  | Readonly<{
      kind: 'histogram';
      name: string;
      spec: HistogramSpec;
      series: readonly Series<HistogramPoint>[];
    }>;

export type NumberPoint = Readonly<{ value: number }>;
/** `counts`: how many fell into each bucket alone; the one without a bound comes last. */
export type HistogramPoint = Readonly<{ counts: readonly number[]; sum: number }>;
