import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { unlessInterrupted, watchInterrupts } from './interrupt.ts';

/** A process that takes signals and notes how it ended. */
function process() {
  const ended: number[] = [];
  return {
    source: Object.assign(new EventEmitter(), { exit: (status: number) => ended.push(status) }),
    ended,
  };
}

it.each(['SIGINT', 'SIGTERM'] as const)('the first %s aborts, the second ends the process', (name) => {
  const { source, ended } = process();
  const signal = watchInterrupts(source, 130);
  source.emit(name);
  expect(signal.aborted).toBe(true);
  expect(ended).toEqual([]);
  source.emit(name);
  expect(ended).toEqual([130]);
});

it('gives the result of work that is not interrupted, and its refusal', async () => {
  const { signal } = new AbortController();
  expect(await unlessInterrupted(Promise.resolve('done'), signal)).toBe('done');
  await expect(unlessInterrupted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

it('believes work that ends by itself after an interrupt', async () => {
  const work = new Promise((resolve) => setImmediate(() => resolve('done')));
  expect(await unlessInterrupted(work, AbortSignal.abort())).toBe('done');
});

it('does not wait for ever for work that ignores the interrupt', async () => {
  const work = new Promise<never>(() => undefined);
  await expect(unlessInterrupted(work, AbortSignal.abort(), 1)).rejects.toMatchObject({
    code: 'SHEAF_INTERRUPTED',
  });
});
