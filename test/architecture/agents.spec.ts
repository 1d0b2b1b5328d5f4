import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'smol-toml';
import { isRecord } from '../../src/core/json-record.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const AGENTS = 'src/agents';
const LIST = `${AGENTS}/agents.module.ts`;

const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const ids = readdirSync(join(ROOT, AGENTS), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** The sources, without their specs. */
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => join('src', file))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
/** Where an agent is named: its id as a string. That a text for people or a pattern holds the word is another thing. */
const named = (id: string) => sources.filter((file) => new RegExp(`(['"\`])${id}\\1`).test(textOf(file)));

describe('the agents', () => {
  it('are some', () => {
    expect(ids.length).toBeGreaterThan(3);
    expect(sources.length).toBeGreaterThan(200);
  });

  it.each(ids)('%s is named in its own folder only', (id) => {
    const files = named(id);
    expect(files).toContain(`${AGENTS}/${id}/${id}.adapter.ts`);
    expect(files.filter((file) => !file.startsWith(`${AGENTS}/${id}/`))).toEqual([]);
  });

  it.each(ids)('%s is one line in the one list', (id) => {
    const lines = textOf(LIST)
      .split('\n')
      .filter((line) => line.includes(`/${id}.module.js'`));
    expect(lines).toHaveLength(1);
  });

  it('have a section of the settings each, and nothing else has', () => {
    const settings: unknown = parse(textOf('config/default.toml'));
    const sections =
      isRecord(settings) && isRecord(settings['agents']) ? Object.keys(settings['agents']) : [];
    expect(sections.toSorted()).toEqual(ids.toSorted());
  });

  it.each(ids)('%s keeps the names of its files', (id) => {
    const files = readdirSync(join(ROOT, AGENTS, id)).filter((file) => !file.endsWith('.spec.ts'));
    for (const role of ['adapter', 'module', 'loose', 'run', 'wording', 'classifier'])
      expect(files).toContain(`${id}.${role}.ts`);
    expect(files.filter((file) => !file.startsWith(`${id}.`))).toEqual([]);
  });
});
