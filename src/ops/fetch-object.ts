import { verifiedBytes } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import type { FetchObject, IndexObject } from '../core/index/index-head.ts';
import { LIMITS } from '../core/limits.ts';
import type { IndexSource, ObjectStore } from '../core/ports.ts';

/**
 * Fetches objects of an index: from the store when they are there, else from the first source that has the
 * right bytes, which are then kept. A source that fails is asked last from then on.
 *
 * @param sources in order; empty to read the store only.
 * @param missing the refusal when nothing has the object, and nothing failed in another way.
 */
export function createObjectFetcher(
  store: ObjectStore,
  sources: readonly IndexSource[],
  missing: (object: IndexObject) => SheafError,
): FetchObject {
  let order = [...sources];
  return async (object) => {
    const stored = await store.read(object);
    if (stored !== undefined) return stored;
    if (object.size > LIMITS.indexObjectBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${object.path} would have ${object.size} bytes, more than is allowed.`,
      );
    }
    let failure: SheafError | undefined;
    for (const source of order) {
      try {
        const bytes = await source.readObject(object);
        if (bytes === undefined) continue;
        const verified = verifiedBytes(bytes, object, `${object.path} from ${source.url}`);
        await store.write(verified);
        return verified;
      } catch (error) {
        if (!(error instanceof SheafError)) throw error;
        failure ??= error;
        order = [...order.filter((other) => other !== source), source];
      }
    }
    if (failure !== undefined) throw new SheafError(failure.code, failure.message, contextOf(failure));
    throw missing(object);
  };
}

function contextOf(error: SheafError): { hint?: string; details: SheafError['details']; cause: SheafError } {
  return {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    cause: error,
  };
}
