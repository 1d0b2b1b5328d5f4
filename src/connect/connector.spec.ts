import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AgentHooks, Reporter } from '../core/ports/agent-hooks.js';
import { Connector } from './connector.js';
import { Originals } from './originals.js';

const reporter = (url: string): Reporter => ({ url, command: () => '', isOurs: () => false });

/** An agent with a file of lines, one of which is ours, and a file that is ours alone. */
function lineHooks(homes: readonly string[]): AgentHooks {
  const free = (text: string | undefined) => text?.replaceAll(/^ours .*\n/gm, '');
  return {
    homes,
    connection: ({ path }, { url }) => ({
      files: [join(path, 'settings'), join(path, 'plugin', 'ours')],
      connect: ([settings]) => {
        if (settings?.includes('broken')) throw new Error('line 1: broken');
        const line = `ours ${url}\n`;
        return [settings?.includes(line) === true ? settings : `${free(settings) ?? ''}${line}`, line];
      },
      disconnect: ([settings]) => [free(settings), undefined],
    }),
  };
}

describe('Connector', () => {
  let folder: string;
  let home: string;
  let settings: string;
  let originals: Originals;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'connector-'));
    home = join(folder, 'home');
    settings = join(home, 'settings');
    originals = new Originals(join(folder, 'state'), 'agent');
    await mkdir(home);
    await writeFile(settings, 'mine\n', { mode: 0o640 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const connector = (url = 'http://a', homes = [home]) =>
    new Connector(lineHooks(homes), reporter(url), originals);
  const connect = async (url?: string) => {
    const plan = await connector(url).planConnect();
    await plan.carryOut();
    return plan;
  };
  const disconnect = async () => {
    const plan = await connector().planDisconnect();
    await plan.carryOut();
    return plan;
  };
  const content = (path = settings) => readFile(path, 'utf8');

  it('changes nothing before it is told to', async () => {
    const { changes } = await connector().planConnect();
    expect(changes.map(({ path, after }) => [path, String(after)])).toEqual([
      [settings, 'mine\nours http://a\n'],
      [join(home, 'plugin', 'ours'), 'ours http://a\n'],
    ]);
    expect(await content()).toBe('mine\n');
    expect(await readdir(folder)).toEqual(['home']);
  });

  it('connects once, and brings back every byte, mode and missing folder', async () => {
    await connect();
    expect(await content()).toBe('mine\nours http://a\n');
    expect((await stat(settings)).mode & 0o777).toBe(0o640);
    expect((await connect()).changes).toEqual([]);
    const { changes, notes } = await disconnect();
    expect(changes).toHaveLength(2);
    expect(notes).toEqual([]);
    expect(await content()).toBe('mine\n');
    expect((await stat(settings)).mode & 0o777).toBe(0o640);
    expect(await readdir(home)).toEqual(['settings']);
    expect((await disconnect()).changes).toEqual([]);
  });

  it('removes a file that was not there', async () => {
    await rm(settings);
    await connect();
    expect((await stat(settings)).mode & 0o777).toBe(0o600);
    await disconnect();
    expect(await readdir(home)).toEqual([]);
  });

  it('knows the original through a second address', async () => {
    await connect();
    await connect('http://b');
    expect(await content()).toBe('mine\nours http://b\n');
    await disconnect();
    expect(await content()).toBe('mine\n');
  });

  it('takes out only its own where somebody went on with the file, and says so', async () => {
    await connect();
    await writeFile(settings, `new\n${await content()}`);
    const { notes } = await disconnect();
    expect(notes).toEqual([`${settings} is not as "connect" left it: only what that put in is taken out`]);
    expect(await content()).toBe('new\nmine\n');
  });

  it('has what somebody went on with as the original of the next connect', async () => {
    await connect();
    await writeFile(settings, `new\n${await content()}`);
    await connect('http://b');
    const { notes } = await disconnect();
    expect(notes).toEqual([]);
    expect(await content()).toBe('new\nmine\n');
  });

  it('takes out its own without a state folder, too', async () => {
    await connect();
    await originals.forget();
    expect((await disconnect()).notes).toHaveLength(2);
    expect(await content()).toBe('mine\n');
  });

  it('brings back a home the settings do not name any more', async () => {
    await connect();
    const plan = await new Connector(lineHooks([]), reporter(''), originals).planDisconnect();
    await plan.carryOut();
    expect(await content()).toBe('mine\n');
  });

  it('leaves alone what was changed while it asked', async () => {
    const plan = await connector().planConnect();
    await writeFile(settings, 'other\n');
    await expect(plan.carryOut()).rejects.toThrow(`${settings} was changed just now`);
    expect(await content()).toBe('other\n');
    expect(await readdir(folder)).toEqual(['home']);
  });

  it('writes through a link and keeps it', async () => {
    const target = join(folder, 'dotfiles');
    await writeFile(target, 'linked\n');
    await chmod(target, 0o600);
    await rm(settings);
    await symlink(target, settings);
    await connect();
    expect(await content(target)).toBe('linked\nours http://a\n');
    await disconnect();
    expect(await content(target)).toBe('linked\n');
    expect(await readdir(home)).toEqual(['settings']);
    await rm(target);
    await expect(connector().planConnect()).rejects.toThrow('ENOENT');
  });

  it('refuses a home that is not there, and what is no text', async () => {
    await expect(connector('', [join(folder, 'none')]).planConnect()).rejects.toThrow(
      `there is no folder ${join(folder, 'none')}: start the agent there once`,
    );
    expect((await connector('', [join(folder, 'none')]).planDisconnect()).changes).toEqual([]);
    await writeFile(settings, Buffer.from([0xff, 0xfe]));
    await expect(connector().planConnect()).rejects.toThrow('is not UTF-8');
  });

  it('keeps originals for their owner alone, and bears a file of them that is none', async () => {
    await connect();
    const file = join(folder, 'state', 'connections', 'agent.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'state'))).mode & 0o777).toBe(0o700);
    expect((await originals.all()).map(({ path, bytes }) => [path, bytes?.toString()])).toEqual([
      [settings, 'mine\n'],
      [join(home, 'plugin', 'ours'), undefined],
    ]);
    await writeFile(file, '{"files":[{}, 7');
    expect(await originals.all()).toEqual([]);
    await disconnect();
    expect(await content()).toBe('mine\n');
  });
});
