import { SheafError } from '../../core/errors.ts';
import type { Checkpoint } from '../../core/index/checkpoint.ts';
import type { FetchObject, IndexHead, IndexObject } from '../../core/index/index-head.ts';
import { indexObjects, type WalkOptions } from '../../core/index/index-objects.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Reporter } from '../../core/ports.ts';

/** An index whose objects are wanted. */
export interface WantedIndex {
  readonly checkpoint: Checkpoint;
  readonly head: IndexHead;
  readonly fetchObject: FetchObject;
  /** Tells that an object and everything below it need not be fetched. */
  readonly known?: WalkOptions['known'];
}

/**
 * Fetches everything below a checkpoint, several objects at a time, so that `fetchObject` finds it in its store
 * afterwards.
 *
 * @throws SheafError as `fetchObject`, for the first object that fails.
 */
export async function fetchIndex(
  { checkpoint, head, fetchObject, known = () => false }: WantedIndex,
  reporter: Reporter,
): Promise<void> {
  let withoutBundle = 0;
  const fetchOne = async (object: IndexObject): Promise<void> => {
    try {
      await fetchObject(object);
    } catch (error) {
      // A large registry keeps its manifests on a static host only; a Git branch then has all but those.
      const isExpected = head.bundles === 'static' && object.path.startsWith('bundles/');
      if (!isExpected || !(error instanceof SheafError) || error.code !== 'SHEAF_NETWORK') throw error;
      withoutBundle += 1;
    }
  };
  const objects = indexObjects(checkpoint, fetchObject, { known })[Symbol.asyncIterator]();
  await severalAtOnce(() => objects.next(), fetchOne);
  if (withoutBundle > 0) {
    reporter.warn(
      `${withoutBundle} manifests of ${head.registry} are not at this address; installing them needs its https address.`,
    );
  }
}

/**
 * Works on what an iterator yields, `LIMITS.parallelDownloads` at a time. All of it comes to an end before the
 * first failure is thrown, so that nothing is still being written then.
 */
export async function severalAtOnce<T>(
  next: () => Promise<IteratorResult<T>>,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    while (failures.length === 0) {
      const result = await next();
      if (result.done === true) return;
      await work(result.value);
    }
  };
  const stop = (error: unknown): void => void failures.push(error);
  await Promise.all(Array.from({ length: LIMITS.parallelDownloads }, () => worker().catch(stop)));
  if (failures.length > 0) throw failures[0];
}
