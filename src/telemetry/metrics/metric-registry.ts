import { Injectable } from '@nestjs/common';
import type { Cancel } from '../../core/ports/clock.js';
import { METRICS, type LabelsOf, type MetricName, type MetricOf } from './metric-catalog.js';
import type {
  HistogramSpec,
  LabelSpec,
  LabelValues,
  MetricSpec,
  NumberSpec,
  Reading,
} from './metric-spec.js';
import { SeriesTable } from './series-table.js';

export type Counter<Name extends MetricName> = Readonly<{
  /** Anything but a positive number changes nothing. */
  add: (by: number, labels: LabelsOf<Name>) => void;
  /** For a total that is kept elsewhere. */
  setTotal: (total: number, labels: LabelsOf<Name>) => void;
}>;

export type Gauge<Name extends MetricName> = Readonly<{
  set: (value: number, labels: LabelsOf<Name>) => void;
  /** Sets how often each set of labels occurs, and all others to 0. */
  setCounts: (occurrences: readonly LabelsOf<Name>[]) => void;
  /** Every series to the sum of its values, and those without any to 0. */
  setEach: (values: readonly Readonly<{ labels: LabelsOf<Name>; value: number }>[]) => void;
}>;

export type Histogram<Name extends MetricName> = Readonly<{
  /** `value` in the metric's unit. */
  record: (value: number, labels: LabelsOf<Name>) => void;
}>;

export type RecordListener = (name: MetricName, value: number, labels: LabelValues) => void;

type NumberFamily = Readonly<{
  kind: 'number';
  name: string;
  spec: NumberSpec;
  table: SeriesTable<{ value: number }>;
}>;
type HistogramFamily = Readonly<{
  kind: 'histogram';
  name: string;
  spec: HistogramSpec;
  table: SeriesTable<{ readonly counts: number[]; sum: number }>;
}>;
type Family = NumberFamily | HistogramFamily;

/** Holds the numbers of the catalogue. Works whether or not anything is exported. */
@Injectable()
export class MetricRegistry {
  readonly #families: ReadonlyMap<string, Family> = new Map(
    Object.entries(METRICS).map(([name, spec]) => [name, newFamily(name, spec)]),
  );
  readonly #observers = new Set<() => void | Promise<void>>();
  readonly #listeners = new Set<RecordListener>();

  counter<Name extends MetricOf<'counter'>>(name: Name): Counter<Name> {
    const { table } = this.#numbers(name);
    return {
      add: (by, labels) => {
        if (by > 0) table.at(labels).value += by;
      },
      setTotal: (total, labels) => {
        table.at(labels).value = total;
      },
    };
  }

  gauge<Name extends MetricOf<'gauge'>>(name: Name): Gauge<Name> {
    const { table } = this.#numbers(name);
    return {
      set: (value, labels) => {
        table.at(labels).value = value;
      },
      setCounts: (occurrences) => {
        for (const series of table.all()) series.value = 0;
        for (const labels of occurrences) table.at(labels).value += 1;
      },
      setEach: (values) => {
        for (const series of table.all()) series.value = 0;
        for (const { labels, value } of values) table.at(labels).value += value;
      },
    };
  }

  histogram<Name extends MetricOf<'histogram'>>(name: Name): Histogram<Name> {
    const { spec, table } = this.#histograms(name);
    return {
      record: (value, labels) => {
        if (Number.isNaN(value)) return;
        const point = table.at(labels);
        const index = spec.buckets.findIndex((bound) => value <= bound);
        const bucket = index === -1 ? spec.buckets.length : index;
        point.counts[bucket] = (point.counts[bucket] ?? 0) + 1;
        point.sum += value;
        for (const listener of this.#listeners) listener(name, value, point.labels);
      },
    };
  }

  /** `read` sets what is only worth knowing when somebody asks; it runs before each snapshot. */
  observe(read: () => void | Promise<void>): Cancel {
    this.#observers.add(read);
    return () => this.#observers.delete(read);
  }

  /** Hears of each value a histogram records from now on. */
  onRecord(listener: RecordListener): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Lets every series start at 0 whose labels are all listed in the catalogue or here: what appears with its
   * first event cannot be seen to have risen.
   */
  seed(known: Readonly<Record<string, readonly string[]>>): void {
    for (const { spec, table } of this.#families.values())
      if (Object.keys(spec.labels).length > 0)
        for (const labels of combinations(spec.labels, known)) table.at(labels);
  }

  /** All values as they are now, in the order of the catalogue. Rejects when an observer does. */
  async snapshot(): Promise<readonly Reading[]> {
    await Promise.all([...this.#observers].map(async (read) => read()));
    return [...this.#families.values()].map(readingOf);
  }

  #numbers(name: MetricName): NumberFamily {
    const family = this.#families.get(name);
    if (family?.kind !== 'number') throw new Error(`${name} is no counter or gauge`);
    return family;
  }

  #histograms(name: MetricName): HistogramFamily {
    const family = this.#families.get(name);
    if (family?.kind !== 'histogram') throw new Error(`${name} is no histogram`);
    return family;
  }
}

function newFamily(name: string, spec: MetricSpec): Family {
  if (spec.kind !== 'histogram') {
    const table = new SeriesTable(spec.labels, () => ({ value: 0 }));
    return { kind: 'number', name, spec, table };
  }
  const newPoint = () => ({ counts: Array.from({ length: spec.buckets.length + 1 }, () => 0), sum: 0 });
  return { kind: 'histogram', name, spec, table: new SeriesTable(spec.labels, newPoint) };
}

function readingOf(family: Family): Reading {
  const { name } = family;
  return family.kind === 'number'
    ? { kind: 'number', name, spec: family.spec, series: structuredClone(family.table.all()) }
    : { kind: 'histogram', name, spec: family.spec, series: structuredClone(family.table.all()) };
}

/** Every way to fill the labels, or none where the values of one are not known. */
function combinations(
  specs: Readonly<Record<string, LabelSpec>>,
  known: Readonly<Record<string, readonly string[]>>,
): readonly LabelValues[] {
  return Object.entries(specs).reduce<readonly LabelValues[]>(
    (partial, [name, spec]) => {
      const values = 'values' in spec ? spec.values : (known[name] ?? []);
      return partial.flatMap((labels) => values.map((value) => ({ ...labels, [name]: value })));
    },
    [{}],
  );
}
