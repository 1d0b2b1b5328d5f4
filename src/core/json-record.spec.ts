import { describe, expect, it } from '@jest/globals';
import { at, listOf, numberOf, parseRecord, recordOf, stringOf } from './json-record.js';

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  1.5,
  NaN,
  Infinity,
  '',
  'a',
  [],
  [1],
  {},
  { a: 1 },
];

describe('json record', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    [' {"a":{"b":[]}}\r', { a: { b: [] } }],
  ])('%j is one', (line, record) => {
    expect(parseRecord(line)).toEqual(record);
  });

  it.each(['', ' ', '{', '{"a":1', '[]', '[{"a":1}]', 'null', '"a"', '5', '{"a":1}{"b":2}', '\u0000'])(
    '%j is none',
    (line) => {
      expect(parseRecord(line)).toBeUndefined();
    },
  );

  it('takes each value for what it is, and no other', () => {
    const kept = (take: (value: unknown) => unknown) => VALUES.filter((value) => take(value) !== undefined);
    expect(kept(recordOf)).toEqual([{}, { a: 1 }]);
    expect(kept(stringOf)).toEqual(['', 'a']);
    expect(kept(numberOf)).toEqual([0, 1.5]);
    expect(VALUES.filter((value) => listOf(value).length > 0)).toEqual([[1]]);
  });

  it('finds the value at a path, or nothing where the path leads nowhere', () => {
    const value = { a: { b: { c: 0 } }, list: [{ d: 1 }] };
    expect(at(value, 'a', 'b', 'c')).toBe(0);
    expect(at(value, 'a', 'x', 'c')).toBeUndefined();
    expect(at(value, 'list', '0', 'd')).toBeUndefined();
    expect(at(value)).toBe(value);
    for (const odd of VALUES) expect(at(odd, 'a', 'b')).toBeUndefined();
  });
});
