import { describe, expect, it } from '@jest/globals';
import type { NumberSpec } from './metric-spec.js';
import { prometheusText } from './prometheus-text.js';

const spec: NumberSpec = { kind: 'gauge', unit: '1', help: 'A \\ and\na line.', labels: {} };

describe('the text format', () => {
  it('escapes what would break a line', () => {
    const series = [{ labels: { label: 'a "b" \\ c\nd' }, value: 1 }];
    expect(prometheusText([{ kind: 'number', name: 'm', spec, series }])).toBe(
      '# HELP m A \\\\ and\\na line.\n# TYPE m gauge\nm{label="a \\"b\\" \\\\ c\\nd"} 1\n',
    );
  });

  it.each([
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [NaN, 'NaN'],
    [1e-7, '1e-7'],
    [0.25, '0.25'],
  ])('writes %d as %s', (value, text) => {
    const reading = { kind: 'number' as const, name: 'm', spec, series: [{ labels: {}, value }] };
    expect(prometheusText([reading])).toContain(`\nm ${text}\n`);
  });

  it('says what a metric is before it has a value', () => {
    expect(prometheusText([{ kind: 'number', name: 'm', spec, series: [] }])).toContain('# TYPE m gauge\n');
  });
});
