import { sha256 } from '../../core/digest.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { buildIndex } from '../../core/index/build-index.ts';
import type { Checkpoint } from '../../core/index/checkpoint.ts';
import { firstDifference, type IndexDifference } from '../../core/index/index-difference.ts';
import { type FetchObject, type IndexHead, writeIndexHead } from '../../core/index/index-head.ts';
import { indexObjects } from '../../core/index/index-objects.ts';
import { readHead } from '../../core/index/index-reader.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock, IndexSource } from '../../core/ports.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import { acceptCheckpoint, formatCheckpointId, type SeenCheckpoint } from '../../core/trust/trust.ts';
import { followRoots, readFirstRoot } from '../registries/root-chain.ts';
import { checkGrants, checkReviews, checkSignatures } from './check-signatures.ts';
import { objectsOf, readPublishedCheckpoint } from './previous-index.ts';
import { readContent } from './read-content.ts';
import { readRegistryRoot } from './read-registry.ts';
import { joinTrees } from './registry-tree.ts';

export interface IndexVerifyPorts {
  readonly published: IndexSource;
  /** The registry at the commit that the checkpoint names. */
  readonly source: SourceTree;
  /** The facts at the commit that the checkpoint names. */
  readonly facts?: SourceTree;
  readonly clock: Clock;
}

/** What was found to be in order. */
export interface VerifiedIndex {
  readonly registry: string;
  readonly epoch: number;
  readonly version: number;
  readonly plugins: number;
  readonly releases: number;
  /** Files whose signatures hold: plugin.toml files, manifests, grants and reviews; the key files of an owner count as one. */
  readonly signatures: number;
  readonly commit: string | null;
}

/**
 * Rebuilds a published index from its source and compares: what the checkpoint key alone could have invented
 * shows here. Also fetches every object, and checks the signature of every manifest, plugin.toml, key file, grant and
 * review, which a build does not.
 *
 * @throws SheafError `SHEAF_INDEX` naming the first difference or an object that is not there; `SHEAF_SIGNATURE` with
 *   every signature of owners, or of reviewers, that does not hold; `SHEAF_THRESHOLD` for a grant without enough of
 *   them; `SHEAF_PATH` when the source is at another commit; whatever a client refuses the checkpoint with, except
 *   that it may have expired.
 */
export async function verifyIndex(ports: IndexVerifyPorts): Promise<VerifiedIndex> {
  const { published, source, facts } = ports;
  const { seen, root } = await acceptPublished(published, ports.clock.now());
  const checkpoint = seen.value;
  await requireCommit(source, checkpoint.source.commit, 'source');
  if (checkpoint.source.facts !== null && facts === undefined) {
    throw new SheafError('SHEAF_USAGE', 'The index was built with facts, and none are given.', {
      hint: `Give a work tree of the facts at ${checkpoint.source.facts}: --facts DIR.`,
    });
  }
  if (facts !== undefined) await requireCommit(facts, checkpoint.source.facts, 'facts');
  const findings: Finding[] = [];
  const tree = joinTrees(source, facts);
  const { roots = [] } = (await readRegistryRoot(tree, findings)) ?? {};
  const content = await readContent({ tree, registry: checkpoint.registry, roots, findings });
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length > 0) throw invalidFile(errors);
  const rebuilt = buildIndex(content);
  const byDigest = new Map(rebuilt.objects.map((object) => [object.sha256, object.bytes]));
  const theirs = objectsOf(published);
  const ours: FetchObject = async (object) => byDigest.get(object.sha256) ?? theirs(object);
  const head = await readHead(checkpoint, theirs);
  const difference = await firstDifference(
    { head: rebuilt.head, fetchObject: ours },
    { head, fetchObject: theirs },
  );
  if (difference !== undefined) throw differs(checkpoint, difference);
  // One content has one form; another one would be another digest for the same index.
  if (sha256(writeIndexHead(rebuilt.head)) !== checkpoint.index.sha256) {
    throw differs(checkpoint, { part: 'head' });
  }
  await requireObjects(checkpoint, theirs, head);
  const signatures =
    checkSignatures(content.plugins, content.owners, root) +
    (await checkGrants(tree, root, findings)) +
    (await checkReviews(tree, content, findings));
  const { registry, epoch, version } = checkpoint;
  const { plugins, releases } = head;
  return { registry, epoch, version, plugins, releases, signatures, commit: checkpoint.source.commit };
}

async function acceptPublished(
  published: IndexSource,
  now: number,
): Promise<{ readonly seen: SeenCheckpoint; readonly root: SignersFile }> {
  await published.refresh();
  const trust = await followRoots(published, await readFirstRoot(published), () => Promise.resolve());
  const current = await readPublishedCheckpoint(published);
  const signature = await published.readFile(`${current?.path}.sig`, LIMITS.signatureBytes);
  if (current === undefined || signature === undefined) {
    throw new SheafError('SHEAF_SIGNATURE', `${published.url} has no signed checkpoint.`, {
      hint: 'Sign and publish it first: sheaf index sign, sheaf index publish.',
    });
  }
  // An old index can be verified as well as a new one.
  const seen = acceptCheckpoint(trust, { bytes: current.bytes, signature, now, allowExpired: true });
  return { seen, root: trust.root.file };
}

async function requireCommit(tree: SourceTree, commit: string | null, what: string): Promise<void> {
  if (commit === null) return;
  const actual = await tree.commit();
  if (actual === commit) return;
  const state = actual === null ? 'has changes or is no Git work tree' : `is at ${actual}`;
  throw new SheafError(
    'SHEAF_PATH',
    `The ${what} at ${JSON.stringify(tree.root)} ${state}; the index was built from ${commit}.`,
    {
      hint: `Check it out: git worktree add --detach ../verify ${commit}.`,
    },
  );
}

function differs(checkpoint: Checkpoint, { part, key }: IndexDifference): SheafError {
  const where = key === undefined ? part : `${part} of ${key}`;
  return new SheafError(
    'SHEAF_INDEX',
    `Checkpoint ${formatCheckpointId(checkpoint)} of ${checkpoint.registry} is not what its source gives: the first difference is in the ${where}.`,
    {
      hint: 'Whoever holds the checkpoint key, or another version of sheaf, built it from something else.',
      details: { part, ...(key === undefined ? {} : { key }) },
    },
  );
}

/**
 * Fetches everything that the checkpoint reaches: equal digests at the top say what should lie below, not that it
 * does. A Git branch without the bundles of a large registry lacks all of them, a damaged tree some.
 */
async function requireObjects(checkpoint: Checkpoint, theirs: FetchObject, head: IndexHead): Promise<void> {
  let bundles = 0;
  let firstMissing: SheafError | undefined;
  for await (const object of indexObjects(checkpoint, theirs)) {
    const isBundle = head.bundles === 'static' && object.path.startsWith('bundles/');
    try {
      await theirs(object);
      if (isBundle) bundles += 1;
    } catch (error) {
      if (!isBundle || !(error instanceof SheafError) || error.code !== 'SHEAF_INDEX') throw error;
      firstMissing ??= error;
    }
    if (firstMissing !== undefined && bundles > 0) throw firstMissing;
  }
}
