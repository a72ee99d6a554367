import { SheafError } from '../core/errors.ts';
import type { Floor } from '../core/trust.ts';
import { type SyncPorts, sync } from './sync.ts';

/**
 * Brings all registries up to date before a command looks at them. One that cannot be reached is no reason to
 * stop while its last checkpoint still holds; anything else that is wrong with it is.
 *
 * @throws SheafError as `sync`, `SHEAF_NETWORK` excepted.
 */
export async function refresh(ports: SyncPorts, floors: ReadonlyMap<string, Floor>): Promise<void> {
  if (ports.offline) return;
  try {
    await sync(ports, { aliases: [], full: false, floors });
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== 'SHEAF_NETWORK') throw error;
    ports.reporter.warn(`${error.message} Going on with what was fetched before.`);
  }
}
