import type { Sha256 } from '../digest.ts';
import type { AuditFile } from '../formats/audit-file.ts';
import type { Tier } from '../formats/manifest.ts';
import type { Attestation, ReviewFile } from '../formats/review-file.ts';
import type { Reviewer, ReviewerPolicy } from '../formats/reviewer-policy.ts';
import type { Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { JudgedReview } from '../reviewing/judge-review.ts';
import { countingReviews } from '../reviewing/rating.ts';
import type { Version } from '../version.ts';

/** All that a registry knows about a plugin that is to be promoted. */
export interface PromotionFacts {
  readonly plugin: PluginName;
  readonly owner: string;
  /** The release that is judged: the newest one that is neither withdrawn nor a pre-release. */
  readonly version: Version;
  /** Digest of its manifest: what reviewers must have seen. */
  readonly manifest: Sha256;
  /** The tier that it has by signed grants. */
  readonly granted: Tier;
  /** What machines found out about that release. */
  readonly audit?: AuditFile;
  /** When the first release of the plugin was published. */
  readonly firstPublished?: Instant;
  /** Downloads of all releases; absent when nobody counts. */
  readonly downloads?: number;
  readonly incidents: readonly Incident[];
  readonly reviews: readonly JudgedReview[];
  readonly people: ReviewerPolicy['people'];
}

/** A quarantine, or an advisory about any release of the plugin. */
export interface Incident {
  readonly what: string;
  readonly date: Instant;
  /** Whether it goes on. */
  readonly open: boolean;
}

/** A review that counts, with who wrote it. */
export interface Voice {
  readonly review: ReviewFile;
  readonly person: Reviewer;
}

/** The newest review of each reviewer that the registry knows, of those whose signatures count. */
export function voicesOf({ reviews, owner, people }: PromotionFacts): readonly Voice[] {
  const signed = reviews.flatMap(({ review, problem }) => (problem === undefined ? [review] : []));
  return countingReviews(signed, owner).flatMap((review) => {
    const person = people[review.reviewer];
    return person === undefined ? [] : [{ review, person }];
  });
}

/** Those that approve of exactly the release that is judged. */
export function approvalsOf(facts: PromotionFacts): readonly Voice[] {
  return voicesOf(facts).filter(({ review }) => review.verdict === 'approve' && isAbout(review, facts));
}

/** Those that approve and state something besides, and are entitled to. */
export function attestationsOf(
  facts: PromotionFacts,
  attestation: Attestation,
  isEntitled: (person: Reviewer) => boolean,
): readonly Voice[] {
  return voicesOf(facts).filter(
    ({ review, person }) =>
      review.verdict === 'approve' && review.attests?.includes(attestation) === true && isEntitled(person),
  );
}

/** Whether a review is about exactly the release that is judged, byte for byte. */
export function isAbout(
  review: ReviewFile,
  { version, manifest }: Pick<PromotionFacts, 'version' | 'manifest'>,
): boolean {
  return review.version === version && review.manifest === manifest;
}
