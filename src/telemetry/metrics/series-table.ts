import type { LabelSpec, LabelValues, Series } from './metric-spec.js';

/** What stands for every value a label may not have. */
export const OTHER = 'other';

/** The series of one metric, by their label values. */
export class SeriesTable<Point extends object> {
  readonly #series = new Map<string, Series<Point>>();
  readonly #seen = new Map<string, Set<string>>();

  constructor(
    private readonly specs: Readonly<Record<string, LabelSpec>>,
    private readonly newPoint: () => Point,
  ) {}

  /** The series with these labels, new where there was none. */
  at(given: LabelValues): Series<Point> {
    const labels = Object.fromEntries(
      Object.entries(this.specs).map(([name, spec]) => [name, this.#bounded(name, spec, given[name])]),
    );
    const key = JSON.stringify(Object.values(labels));
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = { ...this.newPoint(), labels };
    this.#series.set(key, series);
    return series;
  }

  all(): readonly Series<Point>[] {
    return [...this.#series.values()];
  }

  #bounded(name: string, spec: LabelSpec, value: string | undefined): string {
    if (value === undefined) return OTHER;
    if ('values' in spec) return spec.values.includes(value) ? value : OTHER;
    const seen = this.#seen.get(name) ?? new Set();
    this.#seen.set(name, seen);
    if (seen.size < spec.max) seen.add(value);
    return seen.has(value) ? value : OTHER;
  }
}
