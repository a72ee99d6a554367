import { SheafError } from '../../core/errors.ts';
import type { ConfiguredRegistry } from '../../core/formats/config-file.ts';
import type { Floor } from '../../core/trust/trust.ts';
import { configuredRegistries } from './configured-registries.ts';
import { type OpenRegistry, openRegistry } from './open-registry.ts';
import { type SyncPorts, sync } from './sync.ts';

/**
 * Opens all registries as they were when they were last synchronised, without asking the network. Only one that is
 * not known yet, or whose checkpoint has expired, is synchronised first, and one that then cannot be opened is passed
 * over while there are others.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY` when none is configured, and as `openRegistry` and `sync`.
 */
export async function openWithoutAsking(
  ports: SyncPorts,
  floors: ReadonlyMap<string, Floor>,
): Promise<readonly OpenRegistry[]> {
  const configured = await configuredRegistries(ports);
  if (configured.length === 0) {
    throw new SheafError('SHEAF_UNKNOWN_REGISTRY', 'No registry is configured.', {
      hint: 'Add one with: sheaf registry add URL.',
    });
  }
  const opened: OpenRegistry[] = [];
  const failures: SheafError[] = [];
  for (const registry of configured) {
    try {
      opened.push(await openFresh(ports, registry, floors));
    } catch (error) {
      if (!(error instanceof SheafError) || !OUT_OF_REACH.has(error.code)) throw error;
      failures.push(error);
    }
  }
  const [failure] = failures;
  if (opened.length === 0 && failure !== undefined) {
    const { code, message, hint, details } = failure;
    throw new SheafError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      details,
      cause: failure,
    });
  }
  for (const { message } of failures) ports.reporter.warn(`${message} Its plugins are left out.`);
  return opened;
}

const OUT_OF_DATE: ReadonlySet<string> = new Set(['SHEAF_EXPIRED', 'SHEAF_ROOT_EXPIRED']);
const OUT_OF_REACH: ReadonlySet<string> = new Set([...OUT_OF_DATE, 'SHEAF_NETWORK', 'SHEAF_OFFLINE']);

async function openFresh(
  ports: SyncPorts,
  registry: ConfiguredRegistry,
  floors: ReadonlyMap<string, Floor>,
): Promise<OpenRegistry> {
  try {
    // Looking is no installing: what was known yesterday may still be shown when the network is away.
    return await openRegistry(ports, registry, { allowStale: ports.offline, floors });
  } catch (error) {
    const isOld = error instanceof SheafError && OUT_OF_DATE.has(error.code);
    if (!isOld || ports.offline) throw error;
    await sync(ports, { aliases: [registry.alias], full: false, floors });
    return openRegistry(ports, registry, { floors });
  }
}
