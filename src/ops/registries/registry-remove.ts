import { SheafError } from '../../core/errors.ts';
import { removeRegistry } from '../../core/formats/config-file.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { configuredRegistries, namedRegistries } from './configured-registries.ts';

/**
 * Removes a registry from the configuration, and what was learned about it: whoever adds it again decides anew
 * whom to trust. Installed plugins stay.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`.
 */
export async function registryRemove(
  ports: Pick<ClientPorts, 'user'>,
  alias: string,
): Promise<{ readonly alias: string; readonly id: string }> {
  return ports.user.exclusively(async () => {
    const [registry] = namedRegistries(await configuredRegistries(ports), [alias]);
    const bytes = await ports.user.readConfig();
    if (registry === undefined || bytes === undefined) {
      throw new SheafError('SHEAF_UNKNOWN_REGISTRY', 'No registry is configured.');
    }
    const text = removeRegistry(new TextDecoder().decode(bytes), registry.alias);
    await ports.user.writeConfig(new TextEncoder().encode(text));
    // After the configuration: a trust state that nothing names is harmless, a registry without its floor is not.
    await ports.user.removeTrust(registry.root);
    return { alias: registry.alias, id: registry.id };
  });
}
