import { closest } from '../../core/did-you-mean.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type ConfiguredRegistry, readConfig } from '../../core/formats/config-file.ts';
import type { UserFiles } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { readTrustState, type TrustState } from '../../core/trust/trust-state.ts';

/** The registries of the user's configuration, in its order. */
export async function configuredRegistries(ports: {
  readonly user: Pick<UserFiles, 'readConfig' | 'configPath'>;
}): Promise<readonly ConfiguredRegistry[]> {
  const bytes = await ports.user.readConfig();
  return bytes === undefined ? [] : valueOf(readConfig(bytes, ports.user.configPath)).registries;
}

/**
 * The registries that a person named, in their order; all when none is named.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`.
 */
export function namedRegistries(
  registries: readonly ConfiguredRegistry[],
  aliases: readonly string[],
): readonly ConfiguredRegistry[] {
  if (aliases.length === 0) return registries;
  return aliases.map((alias) => {
    const found = registries.find((registry) => registry.alias === alias);
    if (found !== undefined) return found;
    const meant = closest(
      alias,
      registries.map((registry) => registry.alias),
    );
    throw new SheafError('SHEAF_UNKNOWN_REGISTRY', `No registry is configured as ${quote(alias)}.`, {
      hint: meant === undefined ? 'Add it with: sheaf registry add URL.' : `Did you mean ${meant}?`,
    });
  });
}

/** What this machine knows of a registry; undefined when it has never been read here. */
export async function knownTrust(
  ports: { readonly user: Pick<UserFiles, 'readTrust'> },
  registry: ConfiguredRegistry,
): Promise<TrustState | undefined> {
  const bytes = await ports.user.readTrust(registry.root);
  return bytes === undefined ? undefined : readTrustState(bytes, registry.root);
}
