import type { Advisory, AffectedRange } from '../../src/core/formats/advisory.ts';
import { writeAdvisory } from '../../src/core/formats/advisory.ts';
import type { RegistrySimulator } from '../../src/testkit/index.ts';

/** An advisory in as few words as a test needs. */
export interface SimulatedAdvisory extends Partial<Omit<Advisory, 'affected'>> {
  readonly id: string;
  /** A plugin of the registry, or `crates.io/serde`. */
  readonly about: string;
  /** Events such as `introduced 0`, `fixed 1.2.3`. */
  readonly events?: readonly string[];
}

/** Writes an advisory of now into the source of a registry; published with the next checkpoint. */
export function addAdvisory(registry: RegistrySimulator, advisory: SimulatedAdvisory): void {
  const { about, events = ['introduced 0'], ...rest } = advisory;
  const [ecosystem, name] = about.includes('/') ? about.split('/') : [`sheaf:${registry.id}`, about];
  const pairs = events.map((event) => event.split(' '));
  const range = { type: 'SEMVER', events: pairs.map(([key = '', value]) => ({ [key]: value })) };
  registry.source.set(
    `registry/security/advisories/${advisory.id}.json`,
    writeAdvisory({
      schema_version: '1.7.0',
      modified: registry.now,
      ...rest,
      affected: [
        { package: { ecosystem: ecosystem ?? '', name: name ?? '' }, ranges: [range as AffectedRange] },
      ],
    }),
  );
}

/** Takes an advisory out of the source, as if it had never been there. */
export function dropAdvisory(registry: RegistrySimulator, id: string): void {
  registry.source.delete(`registry/security/advisories/${id}.json`);
}

/** Publishes the next checkpoint, a minute later. */
export async function publishNext(registry: RegistrySimulator): Promise<void> {
  registry.now += 60_000;
  await registry.publish();
}
