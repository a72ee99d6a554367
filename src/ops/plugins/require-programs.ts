import { SheafError } from '../../core/errors.ts';
import type { Manifest, ReleaseManifest } from '../../core/formats/manifest.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { isolates } from '../../core/runtime/isolation.ts';
import { isVersion, isVersionRange, satisfies } from '../../core/version.ts';
import { artifactFor } from './fetch-artifacts.ts';

/**
 * Checks that this machine has the programs that plugins need (`[requires]`), in the versions that they need.
 *
 * @throws SheafError `SHEAF_REQUIREMENT` for the first that it has not.
 */
export async function requirePrograms(
  { programs, builder, reporter }: Pick<ClientPorts, 'programs' | 'builder' | 'reporter'>,
  manifests: readonly Manifest[],
): Promise<void> {
  for (const { name, requires } of manifests) {
    for (const [program, range] of Object.entries(requires)) {
      if ((await programs.find(program)) === undefined) {
        throw new SheafError(
          'SHEAF_REQUIREMENT',
          `${name} needs the program ${program}, which is not on PATH.`,
          {
            hint: `Install ${program}${range === '*' ? '' : ` ${range}`}, and try again.`,
            details: { plugin: name, program, range },
          },
        );
      }
      if (range === '*') continue;
      const said = await builder.versionOf(program);
      const version = said === undefined ? undefined : completed(said);
      if (!isVersion(version) || !isVersionRange(range)) {
        reporter.warn(`${name} needs ${program} ${range}; which version is here cannot be told.`);
      } else if (!satisfies(version, range, { prereleases: true })) {
        throw new SheafError(
          'SHEAF_REQUIREMENT',
          `${name} needs ${program} ${range}, and this is ${version}.`,
          {
            hint: `Install another version of ${program}, and try again.`,
            details: { plugin: name, program, range, version },
          },
        );
      }
    }
  }
}

/** Many programs have versions of two numbers. */
function completed(version: string): string {
  return /^\d+\.\d+$/.test(version) ? `${version}.0` : version;
}

/**
 * Refuses plugins that would have to be built from source where builds cannot be isolated.
 *
 * @param allowUnisolated the person wants it all the same, with their own rights.
 * @throws SheafError `SHEAF_ISOLATION`.
 */
export async function requireIsolatedBuilds(
  { builder, platform, reporter }: Pick<ClientPorts, 'builder' | 'platform' | 'reporter'>,
  manifests: readonly ReleaseManifest[],
  allowUnisolated: boolean,
): Promise<void> {
  const built = manifests.find((manifest) => artifactFor(manifest, platform).kind === 'source');
  if (built === undefined) return;
  const { level, whyNotBetter } = await builder.isolation();
  if (isolates(level, 'os')) return;
  const reason = whyNotBetter === undefined ? '' : `: ${whyNotBetter}`;
  if (allowUnisolated) {
    reporter.warn(`${built.name} is built from source with all your rights${reason}.`);
    return;
  }
  throw new SheafError(
    'SHEAF_ISOLATION',
    `${built.name} is built from source, and this machine cannot isolate that${reason}.`,
    {
      hint: 'If you trust its author with all your rights, add --allow-unisolated-build.',
      details: { plugin: built.name, level },
    },
  );
}
