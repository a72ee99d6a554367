import type { Sha256 } from '../digest.ts';
import { valueOf } from '../finding.ts';
import { readTransferFile, type TransferFile } from '../formats/transfer-file.ts';
import type { BundleFiles } from '../index/bundle.ts';
import type { PluginName } from '../plugin-name.ts';
import { countSigners, type SignersFile } from '../signatures/signers.ts';
import type { SshPublicKey } from '../signatures/ssh-key.ts';
import type { Version } from '../version.ts';
import type { OwnerChain, OwnerLink } from './owner-chain.ts';

/**
 * How a plugin goes from one owner to another: a transfer counts when a threshold of each owner's `owner@sheaf`
 * keys signed it. Release keys do not: a key that lies in an author's CI must not be able to give the plugin away.
 */

/** A transfer with its signatures, not judged yet. */
export interface SignedTransfer {
  readonly file: TransferFile;
  readonly bytes: Uint8Array;
  /** By the principal that the name of the file states. */
  readonly signatures: ReadonlyMap<string, Uint8Array>;
}

/** A transfer that both owners signed. */
export interface ProvenTransfer {
  readonly file: TransferFile;
  /** The keys of the owner before. */
  readonly from: OwnerChain;
}

const TRANSFER = /^transfer-([1-9][0-9]{0,8})\.toml$/;

/**
 * The transfers among the files of a plugin, in the order of their revisions.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function transfersAmong(
  files: BundleFiles,
  registry: string,
  plugin: PluginName,
): readonly SignedTransfer[] {
  const encoder = new TextEncoder();
  return Object.entries(files)
    .flatMap(([name, text]): SignedTransfer[] => {
      const revision = TRANSFER.exec(name)?.[1];
      if (revision === undefined) return [];
      const bytes = encoder.encode(text);
      const expected = { registry, plugin, revision: Number(revision) };
      const file = valueOf(readTransferFile(bytes, name, expected));
      const signatures = Object.entries(files)
        .filter(([other]) => other.startsWith(`${name}.`) && other.endsWith('.sig'))
        .map(([other, sig]) => [other.slice(name.length + 1, -'.sig'.length), encoder.encode(sig)] as const);
      return [{ file, bytes, signatures: new Map(signatures) }];
    })
    .toSorted((a, b) => a.file.revision - b.file.revision);
}

/** The owners that transfers name. */
export function ownersNamedIn(transfers: readonly SignedTransfer[]): ReadonlySet<string> {
  return new Set(transfers.flatMap(({ file }) => [file.from, file.to]));
}

/**
 * Those transfers that both owners signed. One that does not count does no harm: it may still be waiting for
 * signatures.
 *
 * @param chains by owner; only keys in them count.
 * @param isRevoked whether a key is distrusted; its signature then counts for nothing.
 */
export function provenTransfers(
  transfers: readonly SignedTransfer[],
  chains: ReadonlyMap<string, OwnerChain>,
  isRevoked: (key: SshPublicKey) => boolean,
): readonly ProvenTransfer[] {
  return transfers.flatMap((transfer): ProvenTransfer[] => {
    const [from, to] = [chains.get(transfer.file.from), chains.get(transfer.file.to)];
    const isSigned = (chain: OwnerChain): boolean =>
      chain.some((link) => hasThreshold(link, transfer, isRevoked));
    return from !== undefined && to !== undefined && isSigned(from) && isSigned(to)
      ? [{ file: transfer.file, from }]
      : [];
  });
}

/**
 * The transfers that lead from one owner to another; undefined when there is no such way.
 *
 * @param after only transfers above this revision count, or one of years ago could be replayed after the plugin
 *   had come back.
 * @param upTo the revision of the plugin.toml that names the new owner.
 */
export function wayBetween(
  transfers: readonly ProvenTransfer[],
  owners: { readonly from: string; readonly to: string },
  { after, upTo }: { readonly after: number; readonly upTo: number },
): readonly ProvenTransfer[] | undefined {
  let owner = owners.from;
  const way = transfers.filter(({ file }) => {
    if (file.revision <= after || file.revision > upTo || file.from !== owner) return false;
    owner = file.to;
    return true;
  });
  return owner === owners.to && way.length > 0 ? way : undefined;
}

/** The keys of former owners that may stand behind a manifest, because a transfer lists it. */
export function chainsVouchedFor(
  transfers: readonly ProvenTransfer[],
  version: Version,
  manifest: Sha256,
): readonly OwnerChain[] {
  return transfers.filter(({ file }) => file.releases[version] === manifest).map(({ from }) => from);
}

function hasThreshold(
  { file }: OwnerLink,
  { bytes, signatures }: SignedTransfer,
  isRevoked: (key: SshPublicKey) => boolean,
): boolean {
  const valid: SignersFile = { ...file, signers: file.signers.filter(({ key }) => !isRevoked(key)) };
  return countSigners(valid, 'owner@sheaf', bytes, signatures, 'a transfer').isMet;
}
