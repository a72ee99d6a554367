import { affects } from '../../core/advisories/affects.ts';
import type { Advisory } from '../../core/formats/advisory.ts';
import type { ClientPolicy } from '../../core/formats/client-policy.ts';
import type { LockedPlugin } from '../../core/formats/lockfile.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import type { ReleasesRecord, VersionRecord } from '../../core/index/records.ts';
import type { Instant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import {
  forbiddenBecause,
  needsSignedTraits,
  type SignedTraits,
} from '../../core/resolution/policy-verdict.ts';
import { keyNamedIn } from '../../core/signatures/signature-key.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';

/** What of a registry a policy looks at. */
export type JudgedRegistry = Pick<OpenRegistry, 'id' | 'bundle' | 'advisories'>;

/** A policy with everything that it needs to know of the releases it is asked about. */
export interface PolicyJudge {
  /** Reads what the policy needs to know of these versions of a plugin. */
  learn(registry: JudgedRegistry, record: ReleasesRecord, versions: readonly VersionRecord[]): Promise<void>;
  /** Why a version that was learned of must not be installed, as the end of a sentence. */
  reasonAgainst(registry: string, name: PluginName, version: VersionRecord): string | undefined;
}

/**
 * A judge by a policy at one moment.
 *
 * @param lockedAs what is locked under a name. It was old enough once, and a clock that was set back must not take
 *   it away; and what mends an advisory about it need not wait.
 */
export function createPolicyJudge(
  policy: ClientPolicy,
  lockedAs: (name: PluginName) => LockedPlugin | undefined,
  now: Instant,
): PolicyJudge {
  const traits = new Map<VersionRecord, SignedTraits>();
  const mends = new Map<PluginName, readonly Advisory[]>();
  return {
    async learn(registry, record, versions) {
      if (needsSignedTraits(policy)) await readTraits(registry, record, versions, traits);
      const locked = lockedAs(record.name);
      if (policy.minimumReleaseAge === 0 || locked?.registry !== registry.id) return;
      const advisories = await registry.advisories();
      mends.set(
        record.name,
        advisories.filter((advisory) => affects(advisory, locked)),
      );
    },
    reasonAgainst(registry, name, version) {
      const locked = lockedAs(name);
      const isOfSame = locked?.registry === registry;
      const isLocked = isOfSame && locked.manifest === version.manifest;
      const release = { registry, name, version: version.version };
      const isMended = isOfSame && (mends.get(name) ?? []).some((advisory) => !affects(advisory, release));
      const signed = traits.get(version);
      return forbiddenBecause(
        policy,
        { registry, name, version, signed, mayBeYoung: isLocked || isMended },
        now,
      );
    },
  };
}

/**
 * Reads licences and kinds of keys off the signed files. They are the bytes whose signature is verified before
 * anything is installed, so an index that put others there would only be found out later.
 */
async function readTraits(
  registry: JudgedRegistry,
  record: ReleasesRecord,
  versions: readonly VersionRecord[],
  traits: Map<VersionRecord, SignedTraits>,
): Promise<void> {
  const positions = [...new Set(versions.map(({ bundle }) => bundle))];
  const bundles = new Map(
    await Promise.all(
      positions.map(async (position) => [position, await registry.bundle(record, position)] as const),
    ),
  );
  const encoder = new TextEncoder();
  for (const version of versions) {
    const files = bundles.get(version.bundle) ?? {};
    const path = `${version.version}.toml`;
    const reading = readReleaseManifest(encoder.encode(files[path] ?? ''), path, {
      expected: { name: record.name, version: version.version, registry: registry.id },
    });
    const key = keyNamedIn(encoder.encode(files[`${path}.sig`] ?? ''));
    traits.set(version, { license: reading.value?.license, keyType: key?.type });
  }
}
