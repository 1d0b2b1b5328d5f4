import { describe, expect, it } from '@jest/globals';
import { Mailboxes } from './mailboxes.js';

/** Work that ends when told to. */
function held() {
  let release: () => void = () => undefined;
  let runs = 0;
  const work = (): Promise<void> => {
    runs += 1;
    return new Promise((resolve) => (release = resolve));
  };
  return { work, release: () => release(), runs: () => runs };
}
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('Mailboxes', () => {
  it('does work for one key one at a time, and once for many posts', async () => {
    const boxes = new Mailboxes(4);
    const { work, release, runs } = held();
    const first = boxes.post('a', work);
    const later = [boxes.post('a', work), boxes.post('a', work), boxes.post('a', work)];
    expect(runs()).toBe(1);
    release();
    await first;
    await tick();
    expect(runs()).toBe(2);
    release();
    await Promise.all(later);
    expect(runs()).toBe(2);
  });

  it('serves no more keys at once than its limit', async () => {
    const boxes = new Mailboxes(2);
    const [a, b, c] = [held(), held(), held()];
    const done = [boxes.post('a', a.work), boxes.post('b', b.work), boxes.post('c', c.work)];
    expect([a.runs(), b.runs(), c.runs()]).toEqual([1, 1, 0]);
    b.release();
    await done[1];
    await tick();
    expect(c.runs()).toBe(1);
    a.release();
    c.release();
    await Promise.all(done);
  });
});
