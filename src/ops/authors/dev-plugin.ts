import type { ClientPorts } from '../../core/ports.ts';
import type { Changed } from '../plugins/change-plugins.ts';
import { install } from '../plugins/install.ts';
import { type BuildPorts, type BuiltPlugin, buildPlugin } from './build-plugin.ts';

/** A plugin that a host's project now has as it is in its author's folder. */
export interface LinkedPlugin {
  readonly built: BuiltPlugin;
  readonly changed: Changed;
}

/**
 * Builds the plugin in a folder and installs it into the project of a host, unverified: what `sheaf build` and
 * `sheaf install ./DIR --allow-local` do. A host that runs takes up the new generation when it loads the plugin again.
 *
 * @throws SheafError as `buildPlugin` and `install`.
 */
export async function linkPlugin(
  ports: { readonly author: BuildPorts; readonly client: ClientPorts },
  path: string,
  options: { readonly dryRun: boolean; readonly acceptCapabilities: boolean },
): Promise<LinkedPlugin> {
  const built = await buildPlugin(ports.author, path);
  const changed = await install(ports.client, {
    plugins: [],
    paths: [path],
    allowLocal: true,
    locked: false,
    force: false,
    dryRun: options.dryRun,
    acceptCapabilities: options.acceptCapabilities,
    acceptOwnerChange: false,
    allowStale: false,
    prereleases: false,
  });
  return { built, changed };
}

/** Links again whenever something in the folder changes, until the signal fires. */
export async function* followPlugin(
  ports: { readonly author: BuildPorts; readonly client: ClientPorts },
  path: string,
  options: { readonly acceptCapabilities: boolean; readonly signal: AbortSignal },
): AsyncGenerator<LinkedPlugin | { readonly failure: unknown }> {
  while (!options.signal.aborted) {
    await ports.author.folders.nextChange(path, options.signal);
    if (options.signal.aborted) return;
    try {
      yield await linkPlugin(ports, path, { dryRun: false, acceptCapabilities: options.acceptCapabilities });
    } catch (failure) {
      // The author is in the middle of something: the set that was there stays.
      yield { failure };
    }
  }
}
