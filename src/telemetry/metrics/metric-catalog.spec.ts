import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from './metric-catalog.js';
import type { MetricSpec } from './metric-spec.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const UNIT_SUFFIX: Readonly<Record<string, RegExp>> = { s: /_seconds(_total)?$/, By: /_bytes(_total)?$/ };

describe('the catalogue', () => {
  it.each(Object.entries<MetricSpec>(METRICS))('%s is named as Prometheus wants it', (name, spec) => {
    expect(name).toMatch(/^(palingenesis|process|nodejs)_[a-z0-9_]+$/);
    expect(name.endsWith('_total')).toBe(spec.kind === 'counter');
    expect(name).toMatch(UNIT_SUFFIX[spec.unit] ?? /./);
    for (const label of Object.keys(spec.labels)) expect(label).toMatch(/^[a-z][a-z_]*$/);
  });

  it.each(Object.entries<MetricSpec>(METRICS))('%s has labels that are bounded', (_name, { labels }) => {
    for (const label of Object.values(labels))
      expect('values' in label ? label.values.length : label.max).toBeLessThanOrEqual(100);
  });

  it('has buckets that ascend', () => {
    for (const spec of Object.values<MetricSpec>(METRICS))
      if (spec.kind === 'histogram') expect(spec.buckets).toEqual(spec.buckets.toSorted((a, b) => a - b));
  });

  it('is what docs/metrics.md says', async () => {
    const run = promisify(execFile)(process.execPath, ['scripts/metrics-docs.mjs', '--check'], { cwd: ROOT });
    await expect(run).resolves.toMatchObject({ stderr: '' });
  });
});
