import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Clock, SourceHealth } from '../core/ports.ts';
import {
  healthiestFirst,
  isRecent,
  readSourceHealth,
  type UnhealthySource,
  withUnhealthy,
  writeSourceHealth,
} from '../core/source-health.ts';
import { readFileIfExists, writeFileAtomic } from './files.ts';

/**
 * The memory of addresses in a file of the user. Two processes that write at once may lose what one of them
 * learned, which costs a slow attempt and nothing else; so there is no lock.
 */
export function createSourceHealth(file: string, clock: Clock): SourceHealth {
  let last: Promise<unknown> = Promise.resolve();

  async function read(): Promise<readonly UnhealthySource[]> {
    try {
      const bytes = await readFileIfExists(file, LIMITS.sourcesBytes);
      return bytes === undefined ? [] : readSourceHealth(bytes);
    } catch (error) {
      // It is a hint, written anew at the next failure: no reason for a command to stop.
      if (error instanceof SheafError) return [];
      throw error;
    }
  }

  type Edit = (before: readonly UnhealthySource[]) => readonly UnhealthySource[];

  async function apply(edit: Edit): Promise<void> {
    const before = await read();
    const after = edit(before);
    try {
      if (after !== before) await writeFileAtomic(file, writeSourceHealth(after), { mode: 0o600 });
    } catch (error) {
      // Nor is a state directory that cannot be written.
      if (!(error instanceof SheafError)) throw error;
    }
  }

  /** One change after the other: downloads fail at the same time. */
  function change(edit: Edit): Promise<void> {
    const changed = last.then(() => apply(edit));
    last = changed.catch(() => undefined);
    return changed;
  }

  return {
    order: async (urls) => (urls.length < 2 ? urls : healthiestFirst(urls, await read(), clock.now())),
    failed: (url, { code, message }) =>
      change((before) => withUnhealthy(before, { url, since: clock.now(), code, message })),
    worked: (url) =>
      change((before) =>
        before.some((one) => one.url === url) ? before.filter((one) => one.url !== url) : before,
      ),
    async list() {
      const now = clock.now();
      return (await read()).filter((one) => isRecent(one, now));
    },
  };
}
