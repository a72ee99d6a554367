import { verifiedBytes } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { FetchObject, IndexObject } from '../../core/index/index-head.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexSource, ObjectStore, SourceHealth } from '../../core/ports.ts';
import { graver, isFaultOfSource, isUnreached } from '../../core/source-health.ts';

/** What fetching objects needs besides the sources. */
export interface ObjectPorts {
  readonly store: Pick<ObjectStore, 'read'> & { write(bytes: Uint8Array): Promise<unknown> };
  readonly health: SourceHealth;
}

/**
 * Fetches objects of an index: from the store when they are there, else from the first source that has the
 * right bytes, which are then kept. A source that fails is asked last from then on; one that lacks an object may
 * hold an older state, and is refreshed once.
 *
 * @param sources in order; empty to read the store only.
 * @param missing the refusal when nothing has the object, and nothing failed in another way.
 */
export function createObjectFetcher(
  { store, health }: ObjectPorts,
  sources: readonly IndexSource[],
  missing: (object: IndexObject) => SheafError,
): FetchObject {
  let order = [...sources];
  const last = (source: IndexSource): void => {
    order = [...order.filter((other) => other !== source), source];
  };
  const refreshing = new Map<IndexSource, Promise<void>>();

  async function read(source: IndexSource, object: IndexObject): Promise<Uint8Array | undefined> {
    const bytes = await source.readObject(object);
    if (bytes !== undefined) return bytes;
    const isRefreshed = refreshing.has(source);
    const refresh = refreshing.get(source) ?? source.refresh();
    refreshing.set(source, refresh);
    await refresh;
    return isRefreshed ? undefined : source.readObject(object);
  }

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
    let isLacked = false;
    for (const source of order) {
      let verified: Uint8Array;
      try {
        const bytes = await read(source, object);
        if (bytes === undefined) {
          isLacked = true;
          last(source);
          continue;
        }
        verified = verifiedBytes(bytes, object, `${object.path} from ${source.url}`);
      } catch (error) {
        if (!(error instanceof SheafError) || error.code === 'SHEAF_INTERRUPTED') throw error;
        failure = graver(failure, error);
        last(source);
        if (sources.length > 1 && isFaultOfSource(error)) await health.failed(source.url, error);
        continue;
      }
      await store.write(verified);
      return verified;
    }
    if (failure === undefined || (isLacked && isUnreached(failure))) throw missing(object);
    throw new SheafError(failure.code, failure.message, contextOf(failure));
  };
}

function contextOf(error: SheafError): { hint?: string; details: SheafError['details']; cause: SheafError } {
  return {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: error.details,
    cause: error,
  };
}
