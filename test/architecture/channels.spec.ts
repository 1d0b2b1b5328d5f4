import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CHANNELS = 'src/notify/channels';
const LIST = 'src/notify/notify.module.ts';

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const ids = readdirSync(join(ROOT, CHANNELS));
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => join('src', file))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));

describe('the channels', () => {
  it('are some', () => expect(ids).not.toEqual([]));

  it.each(ids)('%s is named in its own folder only', (id) => {
    const named = sources.filter((file) => new RegExp(`(['"\`])${id}\\1`).test(textOf(file)));
    expect(named).toEqual([`${CHANNELS}/${id}/${id}.channel.ts`]);
  });

  it.each(ids)('%s is one line in the one list', (id) => {
    const lines = textOf(LIST).split('\n');
    expect(lines.filter((line) => line.includes(`/${id}.module.js'`))).toHaveLength(1);
  });

  it.each(ids)('%s keeps its contract, which test/contracts checks', (id) => {
    expect(readdirSync(join(ROOT, 'test/contracts'))).toContain(`${id}.spec.ts`);
  });
});
