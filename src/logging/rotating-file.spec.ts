import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFile } from './rotating-file.js';

let dir: string;
let path: string;
let open: RotatingFile | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rotating-'));
  path = join(dir, 'x.log');
});
afterEach(() => {
  open?.close();
  rmSync(dir, { recursive: true });
});

const file = (maxBytes: number, keep: number) => (open = new RotatingFile(path, maxBytes, keep));
const text = (name = 'x.log') => readFileSync(join(dir, name), 'utf8');

describe('RotatingFile', () => {
  it('goes on where the file ends, and is readable by its owner alone', () => {
    writeFileSync(path, 'old\n');
    chmodSync(path, 0o644);
    file(100, 1).write('new\n');
    expect(text()).toBe('old\nnew\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('begins anew before a line that does not fit, and keeps so many full ones', () => {
    const rotating = file(10, 2);
    for (const line of ['one 4567\n', 'two 4567\n', 'three 67\n', 'four 567\n']) rotating.write(line);
    expect(readdirSync(dir).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2']);
    expect(['x.log', 'x.log.1', 'x.log.2'].map(text)).toEqual(['four 567\n', 'three 67\n', 'two 4567\n']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('counts bytes, and what was there before', () => {
    writeFileSync(path, 'äöü\n');
    file(10, 1).write('1234\n');
    expect(text('x.log.1')).toBe('äöü\n');
  });

  it('keeps none when none is wanted, and writes a line longer than a file', () => {
    const rotating = file(10, 0);
    for (const line of ['1234567\n', `${'long '.repeat(10)}\n`]) rotating.write(line);
    expect(readdirSync(dir)).toEqual(['x.log']);
    expect(text()).toContain('long');
  });

  it('tries anew after a failure', () => {
    mkdirSync(path);
    const rotating = file(100, 1);
    expect(() => rotating.write('lost\n')).toThrow(/EISDIR/);
    rmSync(path, { recursive: true });
    rotating.write('kept\n');
    expect(text()).toBe('kept\n');
  });

  it('refuses what is no file', () => {
    const device = new RotatingFile('/dev/null', 100, 1);
    expect(() => device.write('x\n')).toThrow('not a regular file');
  });
});
