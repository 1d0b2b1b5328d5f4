import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/custom-modules');
const MAX_LINES = 250;

const docs = readFileSync(join(ROOT, 'docs/extend.md'), 'utf8');
const files = readdirSync(EXAMPLE).filter((name) => name.endsWith('.ts'));
const sources = files.map((name) => readFileSync(join(EXAMPLE, name), 'utf8'));
const api = readFileSync(join(ROOT, 'docs/palingenesis.api.md'), 'utf8');
/** Indentation aside: a page shows members without their class. */
const plain = (code: string): string => code.replaceAll(/^\s+/gm, '');
const blocks = [...docs.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

describe('docs/extend.md', () => {
  it.each(blocks)('shows code of the example: %s', (code) => {
    expect(sources.some((source) => plain(source).includes(plain(code)))).toBe(true);
  });

  it('names only what can be imported', () => {
    const named = [...docs.matchAll(/`@?([A-Z]\w+)(?:\(|\.\w|`)/g)].map(([, name = '']) => name);
    const ofTheExample = named.filter((name) => !sources.some((source) => source.includes(`class ${name}`)));
    expect(ofTheExample.length).toBeGreaterThan(8);
    expect(
      ofTheExample.filter((name) => !new RegExp(`\\b(class|type|const|function) ${name}\\b`).test(api)),
    ).toEqual([]);
  });

  it('walks through something small', () => {
    expect(sources.join('').split('\n').length).toBeLessThan(MAX_LINES);
  });
});
