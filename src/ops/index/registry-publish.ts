import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock, IndexSource, Reporter } from '../../core/ports.ts';
import type { IndexTarget, SourceTree } from '../../core/publishing-ports.ts';
import type { MergeTarget } from '../../core/review-ports.ts';
import type { SshPrivateKey } from '../../core/signatures/ssh-key.ts';
import { type MergePorts, mergeSubmission } from '../submissions/merge-submission.ts';
import { buildIndexFromSource } from './index-build.ts';
import { type PublishedIndex, publishIndex } from './index-publish.ts';
import { signIndex } from './index-sign.ts';
import { readPublishedCheckpoint } from './previous-index.ts';

/** What publishing a registry without a forge needs. */
export interface RegistryPublishPorts {
  /** The branch of the registry, and a clone of it on this machine. */
  readonly source: MergeTarget;
  readonly judge: MergePorts['judge'];
  readonly openTree: (commit: string) => SourceTree;
  /** Where the index is published. */
  readonly target: IndexTarget;
  /** An empty directory of this machine, to build in. */
  readonly scratch: { readonly target: IndexTarget; readonly source: IndexSource };
  readonly clock: Clock;
  readonly reporter: Pick<Reporter, 'note' | 'warn'>;
}

/** What is to be merged and published. */
export interface RegistryPublishOptions {
  /** Branches with proposals, merged in this order before anything is built. */
  readonly merge: readonly string[];
  /** Branch of the facts, where the registry has one. */
  readonly facts?: string;
  /** The key that signs checkpoints. */
  readonly key: SshPrivateKey;
  /** Life of the checkpoint, milliseconds. */
  readonly life: number;
  readonly allowShrink: boolean;
  /** Push and publish nothing; each proposal is tried by itself. */
  readonly dryRun: boolean;
}

/** What was published, from which commit. */
export interface PublishedRegistry extends PublishedIndex {
  readonly commit: string;
  /** Branches that were merged, each with the commit that it had. */
  readonly merged: readonly { readonly branch: string; readonly head: string }[];
  /** Digest of the first root, which users compare with. */
  readonly root: Sha256;
}

/**
 * Does what a maintainer without workflows does for a release: merges what was proposed, after it was judged like
 * everything else, builds the next index from the head of the branch, signs it, and publishes it.
 *
 * @throws SheafError as `mergeSubmission`, {@link buildIndexFromSource}, {@link signIndex} and {@link publishIndex};
 *   what was merged stays merged.
 */
export async function publishRegistry(
  ports: RegistryPublishPorts,
  { merge, facts, key, life, allowShrink, dryRun }: RegistryPublishOptions,
): Promise<PublishedRegistry> {
  const { source, target, scratch, clock, reporter } = ports;
  const merged: { readonly branch: string; readonly head: string }[] = [];
  let tried: string | undefined;
  for (const branch of merge) {
    const ref = `refs/heads/${branch}`;
    const head = await source.fetch(ref);
    reporter.note(`Merging ${branch}.`);
    const about = { head, ref, title: `Merge ${branch}`, dryRun };
    const outcome = await mergeSubmission({ target: source, judge: ports.judge, clock }, about);
    if (dryRun) tried = outcome.commit;
    merged.push({ branch, head });
  }
  const commit = tried ?? (await source.fetch(`refs/heads/${source.branch}`));
  const hasBefore = (await readPublishedCheckpoint(target)) !== undefined;
  const index = await buildIndexFromSource(
    {
      source: ports.openTree(commit),
      ...(facts === undefined ? {} : { facts: ports.openTree(await source.fetch(`refs/heads/${facts}`)) }),
      ...(hasBefore ? { previous: target } : {}),
    },
    { issued: clock.now(), life },
  );
  for (const { place, message } of index.findings) reporter.warn(`${place.file}: ${message}`);
  await scratch.target.publish(index.files(), index.checkpoint.issued);
  await signIndex(scratch.target, key);
  const published = await publishIndex({ tree: scratch.source, target, clock }, { allowShrink, dryRun });
  return { ...published, commit, merged, root: await firstRootOf(scratch.source) };
}

async function firstRootOf(tree: IndexSource): Promise<Sha256> {
  const bytes = await tree.readFile('root/1.signers', LIMITS.signersBytes);
  if (bytes === undefined)
    throw new SheafError('SHEAF_INTERNAL', 'An index was built without its first root.');
  return sha256(bytes);
}
