import { parseDuration } from '../instant.ts';
import type { Tier } from './manifest.ts';
import type { PluginPattern } from './name-pattern.ts';

/** What a client refuses to install: `[policy]` of policy.toml, config.toml and sheaf.toml, defaults filled in. */
export interface ClientPolicy {
  /** A plugin must be in every one of these lists; there is one for each file that has any. */
  readonly allow: readonly (readonly PluginPattern[])[];
  readonly deny: readonly PluginPattern[];
  readonly tiers: readonly Tier[];
  /** The only capabilities that a plugin may require or be given; undefined for any. */
  readonly allowCapabilities: readonly string[] | undefined;
  readonly denyCapabilities: readonly string[];
  /** The only licences that suffice, as SPDX ids; undefined for any. */
  readonly allowLicenses: readonly string[] | undefined;
  readonly denyLicenses: readonly string[];
  /** Of 100; with 0, releases without a score are admitted, too. */
  readonly minimumScore: number;
  /** Milliseconds a release must have been published for. */
  readonly minimumReleaseAge: number;
  /** How many reviewers must have approved a release. */
  readonly requiredReviews: number;
  /** Whether a release must be signed with a key on a security key. */
  readonly requireSk: boolean;
  /** When a recovery replaced an owner's keys, or a plugin has another owner: ask a person, or refuse. */
  readonly onKeyChange: 'ask' | 'refuse';
}

/** `[policy]` as the schema admits it. */
export interface PolicyTable {
  readonly allow?: readonly PluginPattern[];
  readonly deny?: readonly PluginPattern[];
  readonly tiers?: readonly Tier[];
  readonly allow_capabilities?: readonly string[];
  readonly deny_capabilities?: readonly string[];
  readonly allow_licenses?: readonly string[];
  readonly deny_licenses?: readonly string[];
  readonly minimum_score?: number;
  readonly minimum_release_age?: string;
  readonly required_reviews?: number;
  readonly require_sk?: boolean;
  readonly on_key_change?: 'ask' | 'refuse';
}

/** The policy that a checked table states. */
export function policyOf(table: PolicyTable): ClientPolicy {
  return {
    allow: table.allow === undefined ? [] : [table.allow],
    deny: table.deny ?? [],
    tiers: table.tiers ?? ['wasm', 'native', 'core'],
    allowCapabilities: table.allow_capabilities,
    denyCapabilities: table.deny_capabilities ?? [],
    allowLicenses: table.allow_licenses,
    denyLicenses: table.deny_licenses ?? [],
    minimumScore: table.minimum_score ?? 0,
    minimumReleaseAge: parseDuration(table.minimum_release_age ?? '0s') ?? 0,
    requiredReviews: table.required_reviews ?? 0,
    requireSk: table.require_sk ?? false,
    onKeyChange: table.on_key_change ?? 'ask',
  };
}

/**
 * The policy under which both hold. A machine's rules can be tightened by its user and those by a project; nobody
 * loosens them: whatever this admits, each of the two admits.
 */
export function stricterPolicy(a: ClientPolicy, b: ClientPolicy): ClientPolicy {
  return {
    allow: [...a.allow, ...b.allow],
    deny: union(a.deny, b.deny),
    tiers: a.tiers.filter((tier) => b.tiers.includes(tier)),
    allowCapabilities: common(a.allowCapabilities, b.allowCapabilities),
    denyCapabilities: union(a.denyCapabilities, b.denyCapabilities),
    allowLicenses: common(a.allowLicenses, b.allowLicenses),
    denyLicenses: union(a.denyLicenses, b.denyLicenses),
    minimumScore: Math.max(a.minimumScore, b.minimumScore),
    minimumReleaseAge: Math.max(a.minimumReleaseAge, b.minimumReleaseAge),
    requiredReviews: Math.max(a.requiredReviews, b.requiredReviews),
    requireSk: a.requireSk || b.requireSk,
    onKeyChange: a.onKeyChange === 'refuse' ? 'refuse' : b.onKeyChange,
  };
}

/** Whether a plugin may be given a capability. */
export function admitsCapability(policy: ClientPolicy, id: string): boolean {
  return policy.allowCapabilities?.includes(id) !== false && !policy.denyCapabilities.includes(id);
}

function union<T extends string>(a: readonly T[], b: readonly T[]): readonly T[] {
  return [...new Set([...a, ...b])].toSorted();
}

/** What both lists have, where a missing one has everything. */
function common(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  return a === undefined || b === undefined ? (a ?? b) : a.filter((entry) => b.includes(entry));
}
