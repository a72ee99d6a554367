import { defined } from '../../core/defined.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import { type Attestation, type ReviewFile, writeReviewFile } from '../../core/formats/review-file.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { SshKeygen } from '../../core/publishing-ports.ts';
import { isReviewer } from '../../core/reviewing/judge-review.ts';
import type { AllowedSigner } from '../../core/signatures/allowed-signers.ts';
import { keyNamedIn } from '../../core/signatures/signature-key.ts';
import {
  fingerprint,
  formatPublicKey,
  parsePrivateKey,
  type SshPublicKey,
  sameKey,
} from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { quote } from '../../core/text.ts';
import type { Version } from '../../core/version.ts';
import { type CheckoutPorts, readKeyFiles, registryIdOf } from '../trust/checkout.ts';
import { readPublicKey } from '../trust/public-key-file.ts';
import { openKey } from '../trust/sign.ts';
import { readReviewTrust } from './registry-standing.ts';

/** What `sheaf review` was asked for. */
export interface ReviewOptions
  extends Pick<ReviewFile, 'plugin' | 'version' | 'rating' | 'verdict' | 'thoroughness'> {
  readonly text?: string;
  readonly attests: readonly Attestation[];
  /** A private key, or the public half of a key that ssh-keygen can reach. */
  readonly key: string;
  /** Name of the reviewer; looked up by the key in `registry/trust/reviewers.signers` when absent. */
  readonly as?: string;
  readonly dryRun: boolean;
}

/** A review that was written. */
export interface WrittenReview {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly version: Version;
  /** Digest of the manifest that it is about. */
  readonly manifest: Sha256;
  readonly reviewer: string;
  readonly path: string;
  readonly signer: string;
  /** Whether an earlier one of the same reviewer, about the same version, is gone. */
  readonly replaced: boolean;
  /** The line that `registry/trust/reviewers.signers` lacks: until it is there the review counts for no promotion. */
  readonly unlisted?: string;
}

/**
 * Writes a review of one release, and its signature, into a checkout of the registry. A reviewer may change their
 * mind about a version: the earlier review is replaced, by the same key only.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_UNKNOWN_VERSION`, `SHEAF_POLICY` for the owner of the plugin,
 *   `SHEAF_USAGE` when nothing tells who reviews, `SHEAF_EXISTS`, `SHEAF_PATH`, `SHEAF_SIGNATURE`, `SHEAF_TOOL`.
 */
export async function review(
  ports: CheckoutPorts & { readonly sshKeygen: SshKeygen },
  options: ReviewOptions,
): Promise<WrittenReview> {
  const { plugin, version, dryRun } = options;
  const registry = await registryIdOf(ports);
  const { owner, manifest } = await findRelease(ports, plugin, version);
  const { reviewers } = await readReviewTrust(ports.tree);
  const reviewer = options.as ?? nameOf(await publicHalf(ports, options.key), reviewers, options.key);
  const { rating, verdict, thoroughness, text, attests } = options;
  const bytes = writeReviewFile(
    defined({
      registry,
      plugin,
      version,
      manifest,
      reviewer,
      date: Math.floor(ports.clock.now() / 1000) * 1000,
      rating,
      verdict,
      thoroughness,
      text,
      attests: attests.length === 0 ? undefined : attests,
    }),
  );
  const signature = await (await openKey(ports, options.key))('review@sheaf', bytes);
  const key = signerOf(signature, 'review@sheaf', bytes, 'the review');
  await refuseOwner(ports, plugin, owner, reviewer, key);
  const path = sourcePath({ kind: 'review', plugin, version, reviewer });
  const replaced = await refuseForeign(ports, path, key);
  if (!dryRun) {
    await ports.files.write(`${ports.tree.root}/${path}`, bytes);
    await ports.files.write(`${ports.tree.root}/${path}.sig`, signature);
  }
  return defined({
    registry,
    plugin,
    version,
    manifest,
    reviewer,
    path,
    signer: fingerprint(key),
    replaced,
    unlisted: isReviewer(reviewers, reviewer, key)
      ? undefined
      : `${reviewer} namespaces="review@sheaf" ${formatPublicKey(key)}`,
  });
}

async function findRelease(
  { tree }: CheckoutPorts,
  name: PluginName,
  version: Version,
): Promise<{ readonly owner: string; readonly manifest: Sha256 }> {
  let owner: string | undefined;
  let manifest: Sha256 | undefined;
  for (const path of await tree.list(SOURCE_DIRECTORIES.plugins)) {
    const source = parseSourcePath(path);
    if (source === undefined || !('plugin' in source) || source.plugin !== name) continue;
    const isRelease = source.kind === 'release' && source.version === version;
    const bytes = isRelease || source.kind === 'plugin' ? await tree.read(path) : undefined;
    if (bytes === undefined) continue;
    if (isRelease) manifest = sha256(bytes);
    else owner = valueOf(readPluginFile(bytes, path, { expected: { name } })).owner;
  }
  const hint = 'Check the name, and that this is the newest checkout, or the one of the pull request.';
  if (owner === undefined) {
    throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `The registry has no plugin ${name}.`, { hint });
  }
  if (manifest !== undefined) return { owner, manifest };
  throw new SheafError('SHEAF_UNKNOWN_VERSION', `The registry has no ${name} ${version}.`, { hint });
}

async function publicHalf({ files }: CheckoutPorts, path: string): Promise<SshPublicKey> {
  try {
    return parsePrivateKey(await files.read(path, LIMITS.signersBytes)).publicKey;
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== 'SHEAF_SIGNATURE') throw error;
    return readPublicKey(files, path.endsWith('.pub') ? path : `${path}.pub`);
  }
}

function nameOf(key: SshPublicKey, reviewers: readonly AllowedSigner[], file: string): string {
  const names = new Set(
    reviewers
      .flatMap(({ principals }) => principals)
      .filter((principal) => isReviewer(reviewers, principal, key)),
  );
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return name;
  throw new SheafError('SHEAF_USAGE', `Nothing tells under which name the key ${quote(file)} reviews.`, {
    hint: 'Add --as NAME, your name in registry/policy/reviewers.toml.',
  });
}

async function refuseOwner(
  ports: CheckoutPorts,
  plugin: PluginName,
  owner: string,
  reviewer: string,
  key: SshPublicKey,
): Promise<void> {
  const chain = await readKeyFiles(ports, owner);
  const isOwn = chain.some(({ file }) => file.signers.some((signer) => sameKey(signer.key, key)));
  if (reviewer !== owner && !isOwn) return;
  throw new SheafError(
    'SHEAF_POLICY',
    `${plugin} belongs to ${owner}, and nobody reviews what is their own.`,
    {
      hint: 'Ask somebody else for a review.',
    },
  );
}

/** Whether there is an earlier review; one by another key is never replaced. */
async function refuseForeign({ tree }: CheckoutPorts, path: string, key: SshPublicKey): Promise<boolean> {
  const [before, signature] = [await tree.read(path), await tree.read(`${path}.sig`)];
  if (before === undefined) return false;
  const other = signature === undefined ? undefined : keyNamedIn(signature);
  if (other !== undefined && sameKey(other, key)) return true;
  throw new SheafError('SHEAF_EXISTS', `${path} is already there, and not signed with this key.`, {
    hint: 'Review under another name with --as NAME, or remove the file if nobody has seen it yet.',
  });
}
