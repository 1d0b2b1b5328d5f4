import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '../../core/errors.js';
import { STATUS_BY_CODE } from './status-by-code.js';

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/problems.md', import.meta.url)), 'utf8');

describe('docs/problems.md', () => {
  it('names every code with its status and its meaning, and no other', () => {
    const rows = [...PAGE.matchAll(/^\| `([\w-]+)` +\| (\d{3}) +\| (.+?) *\|/gm)];
    const documented = rows.map(([, code, status, meaning]) => `${code} ${status} ${meaning}`);
    const codes = Object.entries(STATUS_BY_CODE).map(
      ([code, status]) =>
        `${code} ${status} ${String(Object.entries(ERROR_CODES).find(([c]) => c === code)?.[1])}`,
    );
    expect(documented.toSorted()).toEqual(codes.toSorted());
  });
});
