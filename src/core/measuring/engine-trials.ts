import type { EngineTrial } from '../formats/audit-file.ts';
import type { Manifest } from '../formats/manifest.ts';
import type { RegistryFile } from '../formats/registry-file.ts';
import { compareVersions, namedVersions, satisfies, type Version, type VersionRange } from '../version.ts';

/** A version of an engine that a release is to be tried with. */
export type PlannedTrial = Pick<EngineTrial, 'engine' | 'version'>;

/**
 * The engine versions that a release is tried with: for each engine of the registry that the manifest names, the lowest
 * and the highest version that both ranges admit, one where they are the same, none where there is none.
 *
 * Ranges say no highest version: `<2` has none. Looked at are the versions that the ranges name, the first of the line
 * below each bound that they exclude (`<2` gives 1.0.0, `<1.5` gives 1.4.0), and 0.0.0 where nothing has a lower end.
 */
export function plannedTrials(
  { engines }: Pick<Manifest, 'engines'>,
  registry: Pick<RegistryFile, 'engines'>,
): readonly PlannedTrial[] {
  return Object.keys(registry.engines)
    .toSorted()
    .flatMap((engine) => {
      const [demand, supported] = [engines[engine], registry.engines[engine]?.supported];
      if (demand === undefined || supported === undefined) return [];
      return endsOf(demand, supported).map((version) => ({ engine, version }));
    });
}

function endsOf(demand: VersionRange, supported: VersionRange): readonly Version[] {
  const admitted = [...namedVersions(demand), ...namedVersions(supported)]
    .filter((version) => satisfies(version, demand) && satisfies(version, supported))
    .toSorted(compareVersions);
  const [lowest, highest] = [admitted[0], admitted.at(-1)];
  if (lowest === undefined || highest === undefined) return [];
  return lowest === highest ? [lowest] : [lowest, highest];
}
