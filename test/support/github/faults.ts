import type { Answer } from './answers.ts';
import { refusal } from './answers.ts';

/** What goes wrong with a request. */
export interface Fault {
  /** Cut: the connection breaks and no answer comes. */
  readonly answer: Answer | 'cut';
  /** The request is carried out all the same, as when only the answer gets lost. */
  readonly carriedOut?: boolean;
}

/** Which requests a fault is for. */
export interface FaultTarget {
  readonly method?: string;
  readonly path?: RegExp;
  /** How many of them; 1. */
  readonly times?: number;
  /** How many of them go well before; 0. */
  readonly after?: number;
}

/** Faults on demand, the next ones first. */
export class Faults {
  readonly #planned: { readonly target: FaultTarget; readonly fault: Fault; left: number; spare: number }[] =
    [];
  #cut: { at: number; readonly carriedOut: boolean } | undefined;

  plan(target: FaultTarget, fault: Fault): void {
    this.#planned.push({ target, fault, left: target.times ?? 1, spare: target.after ?? 0 });
  }

  /** Cuts the connection at the k-th request from now, counted from 1, and at every later one. */
  cutFrom(k: number, { carriedOut = false }: { readonly carriedOut?: boolean } = {}): void {
    this.#cut = { at: k, carriedOut };
  }

  clear(): void {
    this.#planned.length = 0;
    this.#cut = undefined;
  }

  /** What happens to this request. */
  next(method: string, path: string): Fault | undefined {
    if (this.#cut !== undefined) {
      this.#cut.at -= 1;
      if (this.#cut.at === 0) return { answer: 'cut', carriedOut: this.#cut.carriedOut };
      if (this.#cut.at < 0) return { answer: 'cut' };
    }
    for (const planned of this.#planned) {
      const { target } = planned;
      if (planned.left === 0 || (target.method ?? method) !== method) continue;
      if (target.path !== undefined && !target.path.test(path)) continue;
      if (planned.spare > 0) {
        planned.spare -= 1;
        continue;
      }
      planned.left -= 1;
      return planned.fault;
    }
    return undefined;
  }
}

/** The primary limit is spent until then, in seconds since 1970. */
export function primaryLimit(reset: number): Answer {
  const answer = refusal(403, 'API rate limit exceeded for user ID 1.');
  return {
    ...answer,
    headers: {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-used': '5000',
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': 'core',
    },
  };
}

/** Too much at once. GitHub says it with 403 or 429, with `retry-after` or without. */
export function secondaryLimit(status: 403 | 429, retryAfter?: number): Answer {
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return {
    ...refusal(status, message),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  };
}
