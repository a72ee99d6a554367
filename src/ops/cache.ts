import type { ClientPorts } from '../core/ports.ts';

/** What the store of this machine holds; bytes are those of the objects themselves. */
export interface CacheContents {
  readonly objects: number;
  readonly bytes: number;
}

/** Counts what the cache holds. */
export async function listCache({ store }: Pick<ClientPorts, 'store'>): Promise<CacheContents> {
  let objects = 0;
  let bytes = 0;
  for await (const { size } of store.list()) {
    objects += 1;
    bytes += size;
  }
  return { objects, bytes };
}

/**
 * Deletes every object of the cache and says what was there. Nothing is lost: objects are named by their
 * digest and can be fetched again, and installed plugins have copies of their own.
 */
export async function cleanCache(
  { store }: Pick<ClientPorts, 'store'>,
  options: { readonly dryRun: boolean },
): Promise<CacheContents> {
  const contents = await listCache({ store });
  if (options.dryRun) return contents;
  for await (const { sha256 } of store.list()) await store.remove(sha256);
  return contents;
}
