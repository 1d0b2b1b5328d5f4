import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'smol-toml';
import { at, recordOf, type JsonRecord } from '../../core/json-record.js';
import type { Reporter, Texts } from '../../core/ports/agent-hooks.js';
import { codexHooks } from './codex.hooks.js';
import { trustOf } from './codex.trust.js';

const CONFIG = 'model = "x" # mine\n\n[projects."/p"]\ntrust_level = "trusted"\n';
const HOME = { path: '/home/ann/.codex', realPath: '/home/ann/.codex' };
const reporter = (port: number): Reporter => ({
  url: `http://127.0.0.1:${port}/x`,
  command: (fields) => `report ${port} ${fields.join(' ')}`.trimEnd(),
  isOurs: (command) => command.startsWith('report '),
});
const connection = (home = HOME, port = 1) => codexHooks([home.path]).connection(home, reporter(port));
const connect = (texts: Texts): Texts => connection().connect(texts);
const disconnect = (texts: Texts): Texts => connection().disconnect(texts);

/** The places the hooks of a config are trusted at, with the hashes. */
function trusted(config: string | undefined): JsonRecord {
  return recordOf(at(parse(config ?? ''), 'hooks', 'state')) ?? {};
}

/** A hook that is not ours, trusted where it stands. */
function mine(group: number): { group: object; table: string } {
  const hook = { event: 'Stop', command: 'ring', timeoutS: 600, group, index: 0 };
  const { key, hash } = trustOf('/home/ann/.codex/hooks.json', hook);
  return {
    group: { hooks: [{ type: 'command', command: 'ring' }] },
    table: `\n[hooks.state.${JSON.stringify(key)}]\ntrusted_hash = "${hash}"\n`,
  };
}

describe('hooks of Codex', () => {
  it('are trusted by a hash of what they are, as 0.169.0 computes it', () => {
    const hook = {
      event: 'PostModelRequest',
      matcher: 'x',
      command: 'ring',
      timeoutS: 2,
      group: 1,
      index: 3,
    };
    const identity =
      '{"event_name":"post_model_request","hooks":[{"async":false,"command":"ring","timeout":2,"type":"command"}],"matcher":"x"}';
    expect(trustOf('/h/hooks.json', hook)).toEqual({
      key: '/h/hooks.json:post_model_request:1:3',
      hash: `sha256:${createHash('sha256').update(identity).digest('hex')}`,
    });
  });

  it('are put in with the trust, and taken out to the last byte', () => {
    const [hooks, config] = connect([undefined, CONFIG]);
    expect(Object.keys(Object(JSON.parse(hooks ?? '')).hooks)).toEqual([
      'UserPromptSubmit',
      'PostModelRequest',
      'PermissionRequest',
      'Stop',
      'Interrupt',
    ]);
    expect(config?.startsWith(CONFIG)).toBe(true);
    expect(Object.keys(trusted(config))).toHaveLength(5);
    expect(connect([hooks, config])).toEqual([hooks, config]);
    expect(disconnect([hooks, config])).toEqual(['{\n}\n', CONFIG]);
  });

  it('are trusted by both names of a home that is a link', () => {
    const linked = connection({ path: '/home/ann/.codex', realPath: '/data/codex' });
    const [hooks, config] = linked.connect([undefined, undefined]);
    const places = Object.keys(trusted(config));
    expect(places.filter((place) => place.startsWith('/data/codex/hooks.json:'))).toHaveLength(5);
    expect(places).toHaveLength(10);
    expect(linked.disconnect([hooks, config])[1]).toBe('');
  });

  it('are trusted anew where they report to another address', () => {
    const before = connect([undefined, CONFIG]);
    const [hooks, config] = connection(HOME, 2).connect(before);
    expect(hooks).toBe(before[0]?.replaceAll('report 1', 'report 2'));
    expect(Object.keys(trusted(config))).toEqual(Object.keys(trusted(before[1])));
    expect(trusted(config)).not.toEqual(trusted(before[1]));
    expect(disconnect([hooks, config])[1]).toBe(CONFIG);
  });

  it('that are switched off stay so', () => {
    const [hooks, config] = connect([undefined, CONFIG]);
    const off = config?.replace(/(trusted_hash = .*\n)/, '$1enabled = false\n');
    expect(connect([hooks, off])).toEqual([hooks, off]);
    expect(disconnect([hooks, off])[1]).toBe(CONFIG);
  });

  it('leave the trust of others, also where these move up', () => {
    const [hooks = '', config] = connect([
      JSON.stringify({ hooks: { Stop: [mine(0).group] } }),
      CONFIG + mine(0).table,
    ]);
    const settings = JSON.parse(hooks) as { hooks: { Stop: object[] } };
    settings.hooks.Stop.push(mine(2).group);
    const texts: Texts = [JSON.stringify(settings), `${config}${mine(2).table}`];
    const [after, free] = disconnect(texts);
    expect(JSON.parse(after ?? '')).toEqual({ hooks: { Stop: [mine(0).group, mine(1).group] } });
    expect(free).toBe(`${CONFIG}${mine(0).table}${mine(1).table}`);
  });

  it('take the place of a trust that was left behind', () => {
    const stale = '[hooks.state."/home/ann/.codex/hooks.json:stop:0:0"]\ntrusted_hash = "sha256:old"\n';
    const [, config] = connect([undefined, stale]);
    expect(Object.values(trusted(config))).not.toContainEqual({ trusted_hash: 'sha256:old' });
    expect(Object.keys(trusted(config))).toHaveLength(5);
  });

  it.each([
    ['model = "x\n', 'config.toml: line 1: '],
    ['hooks = { state = {} }\n', 'config.toml: its hooks.state leaves no place for more tables: line'],
  ])('are not put in beside %j', (config, words) => {
    expect(() => connect([undefined, config])).toThrow(words);
  });

  it('need nothing taken out where there are none', () => {
    expect(disconnect([undefined, CONFIG])).toEqual([undefined, CONFIG]);
    expect(disconnect(['', undefined])).toEqual(['', undefined]);
    expect(disconnect(['{}', CONFIG])).toEqual(['{}', CONFIG]);
  });
});
