import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { baseName, readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateReview } from '../validators/review.generated.js';
import { isVersion, type Version } from '../version.ts';

/** One reviewer's opinion of one release: `registry/reviews/<pp>/<name>/<version>.<reviewer>.toml`, signed. */
export interface ReviewFile {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly version: Version;
  /** Digest of the manifest that was reviewed. */
  readonly manifest?: Sha256;
  readonly reviewer: string;
  readonly date: Instant;
  /** 1 (bad) to 5 (excellent). */
  readonly rating: number;
  readonly verdict: 'approve' | 'concerns' | 'reject';
  readonly thoroughness: 'low' | 'medium' | 'high';
  readonly text?: string;
  /** What the reviewer states besides, as evidence for a promotion. */
  readonly attests?: readonly Attestation[];
}

/** What a promotion asks people to state, each under their signature. */
export type Attestation =
  | 'security-audit'
  | 'performance-review'
  | 'endorsement'
  | 'strategic-importance'
  | 'host-agreement';

/** Reads a review. A base name of the form `<version>.<reviewer>.toml` must be that of the review. */
export function readReviewFile(bytes: Uint8Array, file: string): Reading<ReviewFile> {
  return readDocument(parseToml(bytes, file), validateReview, (document, report) => {
    const { review } = document.value as unknown as {
      readonly review: Omit<ReviewFile, 'date'> & { readonly date: string };
    };
    const [, version, reviewer] = /^(.+)\.([a-z0-9-]+)\.toml$/.exec(baseName(file)) ?? [];
    const expected = `${review.version}.${review.reviewer}.toml`;
    if (isVersion(version) && (version !== review.version || reviewer !== review.reviewer)) {
      report(
        ['review', version === review.version ? 'reviewer' : 'version'],
        'review-file-name',
        `The file is named ${quote(baseName(file))}, but the review is one of ${quote(review.version)} by ${quote(review.reviewer)}.`,
        `Name the file ${quote(expected)}.`,
      );
    }
    return defined({
      registry: review.registry,
      plugin: review.plugin,
      version: review.version,
      manifest: review.manifest,
      reviewer: review.reviewer,
      date: judgeInstant(['review', 'date'], review.date, report),
      rating: review.rating,
      verdict: review.verdict,
      thoroughness: review.thoroughness,
      text: review.text,
      attests: review.attests,
    });
  });
}

/** Writes a review as {@link readReviewFile} reads it. */
export function writeReviewFile(review: ReviewFile): Uint8Array {
  return writeToml({
    review: {
      registry: review.registry,
      plugin: review.plugin,
      version: review.version,
      manifest: review.manifest,
      reviewer: review.reviewer,
      date: formatInstant(review.date),
      rating: review.rating,
      verdict: review.verdict,
      thoroughness: review.thoroughness,
      text: review.text,
      attests: review.attests,
    },
  });
}
