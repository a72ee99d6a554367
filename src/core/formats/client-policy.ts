import type { VersionRecord } from '../index/records.ts';
import { type Instant, parseDuration, parseInstant } from '../instant.ts';
import type { Tier } from './manifest.ts';

/** What a client refuses to install: the `[policy]` of config.toml and of sheaf.toml, defaults filled in. */
export interface ClientPolicy {
  /** After a recovery replaced an owner's key: ask a person, or refuse. */
  readonly onKeyChange: 'ask' | 'refuse';
  /** Milliseconds a release must have been published for. */
  readonly minimumReleaseAge: number;
  readonly tiers: readonly Tier[];
  /** Capabilities that no plugin may require. */
  readonly denyCapabilities: readonly string[];
}

/** `[policy]` as the schema admits it. */
export interface PolicyTable {
  readonly on_key_change?: 'ask' | 'refuse';
  readonly minimum_release_age?: string;
  readonly tiers?: readonly Tier[];
  readonly deny_capabilities?: readonly string[];
}

/** The policy that a checked table states. */
export function policyOf(table: PolicyTable): ClientPolicy {
  return {
    onKeyChange: table.on_key_change ?? 'ask',
    minimumReleaseAge: parseDuration(table.minimum_release_age ?? '0s') ?? 0,
    tiers: table.tiers ?? ['wasm', 'native', 'core'],
    denyCapabilities: table.deny_capabilities ?? [],
  };
}

/** The policy under which both hold. A project can tighten the user's own rules and never loosen them. */
export function stricterPolicy(user: ClientPolicy, project: ClientPolicy): ClientPolicy {
  return {
    onKeyChange: user.onKeyChange === 'refuse' ? 'refuse' : project.onKeyChange,
    minimumReleaseAge: Math.max(user.minimumReleaseAge, project.minimumReleaseAge),
    tiers: user.tiers.filter((tier) => project.tiers.includes(tier)),
    denyCapabilities: [...new Set([...user.denyCapabilities, ...project.denyCapabilities])].toSorted(),
  };
}

/**
 * Why the policy forbids a version, as the end of a sentence: "is of the tier native, which the policy does
 * not admit"; undefined when it may be installed. A release without a published time counts as brand new:
 * the time is a fact that a registry could withhold to get around the minimum age.
 */
export function forbiddenBecause(
  policy: ClientPolicy,
  version: VersionRecord,
  now: Instant,
): string | undefined {
  if (!policy.tiers.includes(version.tier)) {
    return `is of the tier ${version.tier}, which the policy does not admit`;
  }
  const denied = version.capabilities.find(
    (capability) => !capability.optional && policy.denyCapabilities.includes(capability.id),
  );
  if (denied !== undefined) return `needs the capability ${denied.id}, which the policy denies`;
  const published = version.published === undefined ? undefined : parseInstant(version.published);
  if (policy.minimumReleaseAge > 0 && now - (published ?? now) < policy.minimumReleaseAge) {
    return published === undefined
      ? 'does not say when it was published, and the policy demands a minimum age'
      : 'was published more recently than the policy allows';
  }
  return undefined;
}
