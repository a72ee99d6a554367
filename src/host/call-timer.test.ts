import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallTimer } from './call-timer.ts';

describe('the timer of a call', () => {
  let expired: number;
  const start = (limitMs: number) => new CallTimer(limitMs, () => (expired += 1));
  beforeEach(() => {
    vi.useFakeTimers();
    expired = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('expires after its limit', () => {
    start(100);
    vi.advanceTimersByTime(99);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it('stands still while it is paused, however often', () => {
    const timer = start(100);
    for (let turn = 0; turn < 3; turn++) {
      vi.advanceTimersByTime(30);
      timer.pause();
      vi.advanceTimersByTime(1_000);
      timer.resume();
    }
    vi.advanceTimersByTime(9);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it('expires in the end although it is paused, so that nobody waits for ever', () => {
    start(100).pause();
    vi.advanceTimersByTime(29_999);
    expect(expired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it('never expires once it was stopped', () => {
    const timer = start(100);
    timer.pause();
    timer.stop();
    vi.advanceTimersByTime(60_000);
    expect([expired, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
