import { RegistrySimulator, type SimulatedRelease } from '../../src/testkit/index.ts';
import { type Host, startHost, type UserOfRegistry } from './registry-on-loopback.ts';

/** A registry besides the one that the user began with. */
export interface AnotherRegistry {
  readonly registry: RegistrySimulator;
  readonly index: Host;
  /** Publishes more releases. */
  release(...releases: readonly SimulatedRelease[]): Promise<void>;
}

/** One more registry on hosts of its own, which the user trusts unless it is said otherwise. */
export async function anotherRegistry(
  user: UserOfRegistry,
  id: string,
  releases: readonly SimulatedRelease[],
  options: { readonly add?: boolean } = {},
): Promise<AnotherRegistry> {
  const index = await startHost((path) => registry.published.get(path));
  const artifacts = await startHost((path) => registry.artifacts.get(artifacts.url + path));
  const registry = new RegistrySimulator({ id, now: user.registry.now, artifactBase: artifacts.url });
  const release = async (...more: readonly SimulatedRelease[]): Promise<void> => {
    for (const one of more) registry.addRelease(one);
    registry.now += 1000;
    await registry.publish();
  };
  await release(...releases);
  if (options.add !== false) {
    await user.does('registry', 'add', index.url, '--root', `sha256:${registry.rootId}`);
  }
  return { registry, index, release };
}
