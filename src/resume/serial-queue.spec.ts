import { describe, expect, it } from '@jest/globals';
import { SerialQueue } from './serial-queue.js';

describe('SerialQueue', () => {
  it('keeps the order within a key and goes on after a failure', async () => {
    const errors: string[] = [];
    const done: string[] = [];
    const queue = new SerialQueue((key, error) => errors.push(`${key}: ${String(error)}`));
    const task = (name: string) => async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(name);
    };
    void queue.run('a', task('first'));
    void queue.run('a', () => Promise.reject(new Error('no')));
    void queue.run('a', task('second'));
    await queue.whenIdle();
    expect(done).toEqual(['first', 'second']);
    expect(errors).toEqual(['a: Error: no']);
  });

  it('does not let one key wait for another', async () => {
    const queue = new SerialQueue(() => undefined);
    void queue.run('stuck', () => new Promise(() => undefined));
    await expect(queue.run('free', () => Promise.resolve())).resolves.toBeUndefined();
  });
});
