import { entryOf } from '../../core/archives/artifact-entry.ts';
import { SheafError } from '../../core/errors.ts';
import { type HostList, type HostPlugin, mayHoldHostList } from '../../core/formats/host-list.ts';
import type { ProjectFile } from '../../core/formats/project-file.ts';
import type { Platform } from '../../core/platform.ts';
import { quote } from '../../core/text.ts';
import { artifactFor } from './fetch-artifacts.ts';
import type { LocalRelease } from './local-releases.ts';
import type { VerifiedRelease } from './verify-set.ts';

/**
 * What the next set tells the application of the project; undefined when sheaf.toml does not ask for it.
 *
 * @throws SheafError `SHEAF_PATH` when it would stand where something else belongs.
 */
export function hostListFor(
  { host }: ProjectFile,
  set: readonly VerifiedRelease[],
  locals: readonly LocalRelease[],
  platform: Platform,
): HostList | undefined {
  const path = host.pluginsFile;
  if (path === undefined) return undefined;
  if (!mayHoldHostList(path)) {
    throw new SheafError(
      'SHEAF_PATH',
      `The plugins file cannot be ${quote(path)}: something else belongs there.`,
      {
        hint: 'Write another path as plugins_file under [host] of sheaf.toml.',
      },
    );
  }
  const signed = set.map(({ choice: { name, version }, release }): HostPlugin => {
    const entry = entryOf(artifactFor(release.manifest, platform), name, release.manifest.build);
    return {
      name,
      version: version.version,
      tier: version.tier,
      capabilities: version.capabilities.map(({ id }) => id).toSorted(),
      verified: true,
      ...(entry === undefined ? {} : { entry }),
    };
  });
  const unsigned = locals.map(({ locked }): HostPlugin => {
    const { name, version, tier, capabilities, entry } = locked;
    return { name, version, tier, capabilities, verified: false, ...(entry === undefined ? {} : { entry }) };
  });
  return { path, plugins: [...signed, ...unsigned].toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}
