import type { FetchObject } from '../index/index-head.ts';
import type { Sha256 } from '../object-ref.ts';

/**
 * Fetches each object once, however many parts of a search ask for it, and at the same time: the words of a query
 * often lie in one run, and results in one leaf.
 */
export function sharedFetch(fetchObject: FetchObject): FetchObject {
  const asked = new Map<Sha256, Promise<Uint8Array>>();
  return (object) => {
    const known = asked.get(object.sha256);
    if (known !== undefined) return known;
    const fetched = fetchObject(object);
    asked.set(object.sha256, fetched);
    return fetched;
  };
}
