import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { type Finding, valueOf } from '../../core/finding.ts';
import { readReviewFile } from '../../core/formats/review-file.ts';
import { givesPower, readStatusEvent } from '../../core/formats/status-event.ts';
import type { IndexContent } from '../../core/index/build-index.ts';
import { readBundle } from '../../core/index/bundle.ts';
import type { DescribedPlugin } from '../../core/index/describe-plugin.ts';
import type { OwnerRecord } from '../../core/index/records.ts';
import { parseSourcePath, SOURCE_DIRECTORIES } from '../../core/index/source-layout.ts';
import { judgeReview } from '../../core/reviewing/judge-review.ts';
import { readSigners, requireThreshold, type SignersFile } from '../../core/signatures/signers.ts';
import type { SshPublicKey } from '../../core/signatures/ssh-key.ts';
import { acceptOwnerChain, type OwnerChain, signedByAnyOwner } from '../../core/trust/owner-chain.ts';
import { chainsVouchedFor, provenTransfers, transfersAmong } from '../../core/trust/transfers.ts';
import type { Version } from '../../core/version.ts';
import { readReviewTrust } from '../reviews/registry-standing.ts';
import type { RegistryTree } from './registry-tree.ts';

/**
 * Demands the maintainers' signatures of what gives power; what takes it away needs none.
 *
 * @returns how many events have them.
 * @throws SheafError `SHEAF_THRESHOLD`.
 */
export async function checkGrants(
  tree: RegistryTree,
  root: SignersFile,
  findings: Finding[],
): Promise<number> {
  const encoder = new TextEncoder();
  const paths = await tree.list(SOURCE_DIRECTORIES.status);
  let checked = 0;
  for (const path of paths) {
    if (parseSourcePath(path)?.kind !== 'status') continue;
    const source = await tree.readText(path, findings);
    if (source === undefined) continue;
    if (!givesPower(valueOf(readStatusEvent(source.bytes, path)))) continue;
    const signatures = new Map<string, Uint8Array>();
    for (const { principal } of root.signers) {
      const signaturePath = `${path}.${principal}.sig`;
      const signature = paths.includes(signaturePath)
        ? await tree.readText(signaturePath, findings)
        : undefined;
      if (signature !== undefined) signatures.set(principal, encoder.encode(signature.text));
    }
    requireThreshold(root, 'status@sheaf', source.bytes, signatures, path);
    checked += 1;
  }
  return checked;
}

/**
 * Checks what owners signed: their key files, plugin.toml files, manifests.
 *
 * @returns how many signatures hold.
 * @throws SheafError `SHEAF_SIGNATURE` with all that do not.
 */
export function checkSignatures(
  plugins: readonly DescribedPlugin[],
  owners: readonly OwnerRecord[],
  root: SignersFile,
): number {
  const problems: string[] = [];
  let checked = 0;
  const attempt = <T>(check: () => T): T | undefined => {
    checked += 1;
    try {
      return check();
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const encoder = new TextEncoder();
  const chains = new Map<string, OwnerChain>();
  for (const owner of owners) {
    const chain = attempt(() => acceptOwnerChain(owner, root, undefined));
    if (chain !== undefined) chains.set(owner.owner, chain);
  }
  for (const { plugin, bundles } of plugins) {
    const chain = chains.get(plugin.owner);
    const files = bundles.flatMap((bundle) => Object.entries(readBundle(bundle.bytes, plugin.name)));
    const texts = new Map(files);
    const transfers = provenTransfers(
      transfersAmong(Object.fromEntries(files), root.registry, plugin.name),
      chains,
      () => false,
    );
    // One that waits for its second owner is no fault: it does not count yet.
    checked += transfers.length;
    for (const [name, text] of files) {
      if (name.endsWith('.sig') || name.startsWith('transfer-') || chain === undefined) continue;
      const message = encoder.encode(text);
      const signature = encoder.encode(texts.get(`${name}.sig`) ?? '');
      const version = name.slice(0, -'.toml'.length) as Version;
      const former = chainsVouchedFor(transfers, version, sha256(message));
      attempt(() => signedByAnyOwner([chain, ...former], message, signature, `${name} of ${plugin.name}`));
    }
  }
  refuse(
    problems,
    'The registry took in a file that its owner did not sign; remove it, or find out who did.',
  );
  return checked;
}

/**
 * Checks that every review is signed by the reviewer whom it names: ratings and approvals are counted from them.
 *
 * @returns how many are.
 * @throws SheafError `SHEAF_SIGNATURE` with all that are not.
 */
export async function checkReviews(
  tree: RegistryTree,
  { plugins, owners }: Pick<IndexContent, 'plugins' | 'owners'>,
  findings: Finding[],
): Promise<number> {
  const trust = await readReviewTrust(tree);
  const ownerOf = new Map(plugins.map(({ plugin }) => [plugin.name, plugin.owner]));
  const keysOf = new Map(owners.map((record) => [record.owner, keysNamedIn(record)]));
  const problems: string[] = [];
  let checked = 0;
  for (const path of await tree.list(SOURCE_DIRECTORIES.reviews)) {
    const file = parseSourcePath(path);
    if (file?.kind !== 'review') continue;
    const source = await tree.readText(path, findings);
    const owner = ownerOf.get(file.plugin);
    if (source === undefined || owner === undefined) continue;
    const { bytes } = source;
    const signed = {
      review: valueOf(readReviewFile(bytes, path)),
      bytes,
      signature: await tree.read(`${path}.sig`),
    };
    const { problem } = judgeReview(signed, { ...trust, owner, ownerKeys: keysOf.get(owner) ?? [] });
    if (problem === undefined) checked += 1;
    else problems.push(`The review ${path} does not count: ${problem}.`);
  }
  refuse(
    problems,
    'The registry took in a review that its reviewer did not sign; remove it, or find out who did.',
  );
  return checked;
}

/** Every key that an owner ever listed: under whatever name one of them signs, it is no review. */
function keysNamedIn({ owner, files }: OwnerRecord): readonly SshPublicKey[] {
  return Object.entries(files).flatMap(([name, text]) =>
    name.endsWith('.signers')
      ? valueOf(readSigners(new TextEncoder().encode(text), `${owner}/${name}`)).signers.map(({ key }) => key)
      : [],
  );
}

function refuse(problems: readonly string[], hint: string): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new SheafError('SHEAF_SIGNATURE', first, { hint, details: { problems } });
}
