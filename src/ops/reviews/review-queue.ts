import { SheafError } from '../../core/errors.ts';
import type { Reading } from '../../core/finding.ts';
import { valueOf } from '../../core/finding.ts';
import { type CategoryFile, readCategoryFile } from '../../core/formats/category-file.ts';
import { readMergePolicy } from '../../core/formats/merge-policy.ts';
import { readReviewerPolicy } from '../../core/formats/reviewer-policy.ts';
import { readSubmissionsFile } from '../../core/formats/submissions-file.ts';
import { readTierPolicy } from '../../core/formats/tier-policy.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { Instant } from '../../core/instant.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import { buildReviewQueue, type ReviewQueue, type ReviewRules } from '../../core/reviewing/review-queue.ts';
import { quote } from '../../core/text.ts';
import { registryIdOf } from '../trust/checkout.ts';

/** A queue and the rules that it was judged by. */
export interface JudgedQueue {
  readonly queue: ReviewQueue;
  readonly rules: ReviewRules;
}

/**
 * Judges the open submissions of a registry by its policies.
 *
 * @param bytes what `schemas/submissions.schema.json` describes.
 * @param reviewers how many to ask; as many as the policy says when absent.
 * @throws SheafError `SHEAF_INVALID_FILE`, `SHEAF_PATH` when the tree is no registry or lacks a policy.
 */
export async function reviewQueue(
  tree: ReadableTree,
  bytes: Uint8Array,
  file: string,
  now: Instant,
  reviewers?: number,
): Promise<JudgedQueue> {
  const registry = await registryIdOf({ tree });
  const submissions = valueOf(readSubmissionsFile(bytes, file));
  if (submissions.registry !== registry) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${quote(file)} is about the registry ${submissions.registry}, and this one is ${registry}.`,
      { hint: 'Name the checkout of the registry that the pull requests are for.' },
    );
  }
  const rules = await readReviewRules(tree, reviewers);
  return { queue: buildReviewQueue(submissions, rules, now), rules };
}

/**
 * What a registry says of how pull requests are judged.
 *
 * @param reviewers how many to ask; as many as the policy says when absent.
 * @throws SheafError as {@link readPolicy}.
 */
export async function readReviewRules(tree: ReadableTree, reviewers?: number): Promise<ReviewRules> {
  const policy = await readPolicy(tree, 'reviewers', readReviewerPolicy);
  return {
    reviewers: { ...policy, reviewers: reviewers ?? policy.reviewers },
    merge: await readPolicy(tree, 'automerge', readMergePolicy),
    tiers: await readPolicy(tree, 'tiers', readTierPolicy),
    categories: await readCategories(tree),
  };
}

/**
 * One policy of a registry.
 *
 * @throws SheafError `SHEAF_PATH` when it is not there: nothing may count as allowed because a file is missing.
 */
export async function readPolicy<T>(
  tree: Pick<ReadableTree, 'root' | 'read'>,
  policy: string,
  read: (bytes: Uint8Array, file: string) => Reading<T>,
): Promise<T> {
  const path = sourcePath({ kind: 'policy', policy });
  const bytes = await tree.read(path);
  if (bytes !== undefined) return valueOf(read(bytes, path));
  throw new SheafError('SHEAF_PATH', `The registry in ${quote(tree.root)} has no ${path}.`, {
    hint: 'sheaf registry init writes one with careful values; take it over from a new registry.',
  });
}

async function readCategories({
  list,
  read,
}: Pick<ReadableTree, 'list' | 'read'>): Promise<ReviewRules['categories']> {
  const categories = new Map<string, CategoryFile>();
  for (const path of await list(SOURCE_DIRECTORIES.categories)) {
    const source = parseSourcePath(path);
    const bytes = await read(path);
    if (source?.kind !== 'category' || bytes === undefined) continue;
    categories.set(source.category, valueOf(readCategoryFile(bytes, path)));
  }
  return categories;
}
