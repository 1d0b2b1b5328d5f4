import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/fake-clock.js';
import { DueTimer } from './due-timer.js';

let clock: FakeClock;
let wakes: number[];
let timer: DueTimer;
beforeEach(() => {
  clock = new FakeClock(0);
  wakes = [];
  timer = new DueTimer(
    clock,
    () => 30_000,
    () => wakes.push(clock.nowMs()),
  );
});

describe('DueTimer', () => {
  it('wakes at the due instant, once', async () => {
    timer.arm(5_000);
    await clock.advance(60_000);
    expect(wakes).toEqual([5_000]);
  });

  it('looks at the clock now and then, however far the due instant', async () => {
    timer.arm(3_600_000);
    await clock.advance(31_000);
    expect(wakes).toEqual([30_000]);
  });

  it('takes the newest instant, and none once stopped', async () => {
    timer.arm(10_000);
    timer.arm(20_000);
    await clock.advance(15_000);
    expect(wakes).toEqual([]);
    timer.stop();
    timer.arm(16_000);
    await clock.advance(60_000);
    expect(wakes).toEqual([]);
  });

  it('wakes at once for what is overdue', async () => {
    clock.jump(9 * 3_600_000);
    timer.arm(5_000);
    await clock.advance(0);
    expect(wakes).toHaveLength(1);
  });
});
