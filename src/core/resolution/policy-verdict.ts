import { admitsCapability, type ClientPolicy } from '../formats/client-policy.ts';
import { matchesPlugin } from '../formats/name-pattern.ts';
import { licenseSuffices } from '../formats/spdx.ts';
import type { VersionRecord } from '../index/records.ts';
import { type Instant, parseInstant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { SshKeyType } from '../signatures/ssh-key.ts';

/** A release as a policy sees it. */
export interface JudgedRelease {
  /** Id of its registry. */
  readonly registry: string;
  readonly name: PluginName;
  readonly version: Pick<VersionRecord, 'tier' | 'capabilities' | 'published' | 'score' | 'approvals'>;
  /** Taken from the signed files, where the policy asks for any of it ({@link needsSignedTraits}). */
  readonly signed?: SignedTraits | undefined;
  /** It was old enough when it was locked, or it ends what an advisory says of the locked one. */
  readonly mayBeYoung: boolean;
}

/** What the index does not repeat of the files that an owner signed. */
export interface SignedTraits {
  /** SPDX expression. */
  readonly license?: string | undefined;
  /** Type of the key that the release's signature is by. */
  readonly keyType?: SshKeyType | undefined;
}

/** Whether a policy can only be judged with the signed files at hand. */
export function needsSignedTraits({ allowLicenses, denyLicenses, requireSk }: ClientPolicy): boolean {
  return requireSk || allowLicenses !== undefined || denyLicenses.length > 0;
}

/** What a policy says of a plugin that no registry and no owner vouches for. */
export function withoutVouching(policy: ClientPolicy): ClientPolicy {
  return { ...policy, minimumScore: 0, minimumReleaseAge: 0, requiredReviews: 0, requireSk: false };
}

/**
 * Why the policy forbids a release, as the end of a sentence: "is of the tier native, which the policy does not
 * admit"; undefined when it may be installed. What a registry does not say of a release counts against it: a
 * score, a date or a review is a fact that could be withheld to get around the rule.
 */
export function forbiddenBecause(
  policy: ClientPolicy,
  release: JudgedRelease,
  now: Instant,
): string | undefined {
  return RULES.map((rule) => rule(policy, release, now)).find((reason) => reason !== undefined);
}

type Rule = (policy: ClientPolicy, release: JudgedRelease, now: Instant) => string | undefined;

const RULES: readonly Rule[] = [byName, byTier, byCapability, byLicense, byKey, byScore, byReviews, byAge];

function byName({ allow, deny }: ClientPolicy, release: JudgedRelease): string | undefined {
  const isIn = (pattern: string): boolean => matchesPlugin(pattern, release);
  const denied = deny.find(isIn);
  if (denied !== undefined) return `is denied by the policy (${denied})`;
  return allow.every((patterns) => patterns.some(isIn))
    ? undefined
    : 'is not on the list of what the policy allows';
}

function byTier({ tiers }: ClientPolicy, { version: { tier } }: JudgedRelease): string | undefined {
  return tiers.includes(tier) ? undefined : `is of the tier ${tier}, which the policy does not admit`;
}

function byCapability(policy: ClientPolicy, { version }: JudgedRelease): string | undefined {
  const denied = version.capabilities.find(({ id, optional }) => !optional && !admitsCapability(policy, id));
  return denied && `needs the capability ${denied.id}, which the policy denies`;
}

function byLicense(
  { allowLicenses, denyLicenses }: ClientPolicy,
  { signed }: JudgedRelease,
): string | undefined {
  if (allowLicenses === undefined && denyLicenses.length === 0) return undefined;
  const license = signed?.license;
  if (license === undefined) return 'states no licence, and the policy demands certain ones';
  return licenseSuffices(license, { allow: allowLicenses, deny: denyLicenses })
    ? undefined
    : `has the licence ${license}, which the policy does not admit`;
}

function byKey({ requireSk }: ClientPolicy, { signed }: JudgedRelease): string | undefined {
  if (!requireSk || signed?.keyType === 'sk-ssh-ed25519@openssh.com') return undefined;
  return 'is not signed with a security key, which the policy demands';
}

function byScore({ minimumScore }: ClientPolicy, { version: { score } }: JudgedRelease): string | undefined {
  if (minimumScore === 0) return undefined;
  if (score === undefined) return `has no score, and the policy demands ${minimumScore}`;
  return score >= minimumScore ? undefined : `has the score ${score}, and the policy demands ${minimumScore}`;
}

function byReviews({ requiredReviews }: ClientPolicy, { version }: JudgedRelease): string | undefined {
  const { approvals = 0 } = version;
  if (approvals >= requiredReviews) return undefined;
  return `was approved by ${approvals} of the ${requiredReviews} reviewers that the policy demands`;
}

function byAge(
  { minimumReleaseAge }: ClientPolicy,
  release: JudgedRelease,
  now: Instant,
): string | undefined {
  if (minimumReleaseAge === 0 || release.mayBeYoung) return undefined;
  const { published } = release.version;
  const since = published === undefined ? undefined : parseInstant(published);
  if (since === undefined) return 'does not say when it was published, and the policy demands a minimum age';
  return now - since < minimumReleaseAge ? 'was published more recently than the policy allows' : undefined;
}
