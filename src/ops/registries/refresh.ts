import { SheafError } from '../../core/errors.ts';
import type { Floor } from '../../core/trust/trust.ts';
import { type SyncPorts, sync } from './sync.ts';

const UNREACHED: ReadonlySet<string> = new Set(['SHEAF_NETWORK']);
const STALE: ReadonlySet<string> = new Set([...UNREACHED, 'SHEAF_EXPIRED', 'SHEAF_ROOT_EXPIRED']);

/**
 * Brings all registries up to date before a command looks at them. One that cannot be reached is no reason to
 * stop while its last checkpoint still holds; anything else that is wrong with it is.
 *
 * @param options.allowStale one that has nothing but what has expired is no reason to stop either.
 * @throws SheafError as `sync`, `SHEAF_NETWORK` excepted.
 */
export async function refresh(
  ports: SyncPorts,
  floors: ReadonlyMap<string, Floor>,
  options: { readonly allowStale?: boolean } = {},
): Promise<void> {
  if (ports.offline) return;
  try {
    await sync(ports, { aliases: [], full: false, floors });
  } catch (error) {
    const bearable = options.allowStale === true ? STALE : UNREACHED;
    if (!(error instanceof SheafError) || !bearable.has(error.code)) throw error;
    ports.reporter.warn(`${error.message} Going on with what was fetched before.`);
  }
}
