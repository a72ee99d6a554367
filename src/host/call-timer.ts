import { LIMITS } from '../core/limits.ts';

/**
 * The clock of one call. It stands still while the plugin waits for the host, whose time is not the plugin's; a
 * plugin that keeps asking is stopped nevertheless, after `LIMITS.callTime` or its own limit, the longer of them.
 */
export class CallTimer {
  readonly #expire: () => void;
  readonly #last: NodeJS.Timeout;
  #remaining: number;
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, expire: () => void) {
    this.#expire = expire;
    this.#remaining = limitMs;
    this.#last = setTimeout(expire, Math.max(limitMs, LIMITS.callTime));
    this.#timer = setTimeout(expire, limitMs);
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#remaining -= performance.now() - this.#since;
  }

  resume(): void {
    if (this.#timer !== undefined) return;
    this.#since = performance.now();
    this.#timer = setTimeout(this.#expire, Math.max(0, this.#remaining));
  }

  stop(): void {
    clearTimeout(this.#last);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
