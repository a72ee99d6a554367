import type { Sha256 } from '../../core/digest.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type PluginFile, readPluginFile, writePluginFile } from '../../core/formats/plugin-file.ts';
import { writeTransferFile } from '../../core/formats/transfer-file.ts';
import {
  parseSourcePath,
  releaseDirectory,
  SOURCE_DIRECTORIES,
  sourcePath,
} from '../../core/index/source-layout.ts';
import { type PluginName, pluginName } from '../../core/plugin-name.ts';
import type { SshKeygen } from '../../core/publishing-ports.ts';
import { fingerprint, sameKey } from '../../core/signatures/ssh-key.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { type Demand, demandOf } from '../../core/trust/key-ceremony.ts';
import { type SignedTransfer, transfersAmong } from '../../core/trust/transfers.ts';
import type { Version } from '../../core/version.ts';
import { type Ceremony, ceremonyOf } from './ceremony.ts';
import { type CheckoutPorts, writeNew } from './checkout.ts';
import { newestOf, type OwnerKeys, readOwnerKeys } from './owner-show.ts';
import { openKey } from './sign.ts';

/** What `sheaf owner transfer` was asked for. */
export interface OwnerTransferOptions {
  readonly plugin: string;
  readonly to: string;
  /** A release key of the new owner, which signs the next plugin.toml once both owners have signed the transfer. */
  readonly key?: string;
  readonly dryRun: boolean;
}

/** How far a transfer has come. */
export interface TransferStep extends Ceremony {
  readonly plugin: PluginName;
  readonly from: string;
  readonly to: string;
  /** `ready`: both owners signed, and plugin.toml is still that of the owner before. */
  readonly state: 'waiting' | 'ready' | 'done';
}

/**
 * Hands a plugin over, one step at a call: writes the transfer; tells whose signatures are missing; when both owners
 * have signed it, writes the plugin.toml of the new owner and signs it with their key.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_OWNER` for an unknown owner, `SHEAF_USAGE`, `SHEAF_EXISTS` when a
 *   transfer to somebody else is under way or the plugin has gone on since, `SHEAF_SIGNATURE` for a key that is none
 *   of the new owner, `SHEAF_PATH`, `SHEAF_INVALID_FILE`.
 */
export async function ownerTransfer(
  ports: CheckoutPorts & { readonly sshKeygen: SshKeygen },
  options: OwnerTransferOptions,
): Promise<TransferStep> {
  const { to, dryRun } = options;
  const there = await readHandedOver(ports, pluginName(options.plugin));
  const newOwner = await readOwnerKeys(ports, to);
  const known = there.transfers.at(-1);
  if (there.plugin.owner === to) {
    if (known?.file.to === to) return stepOf(ports, there, known, newOwner, 'done');
    throw new SheafError('SHEAF_USAGE', `${there.plugin.name} belongs to ${to} already.`);
  }
  if (known === undefined || known.file.revision <= there.plugin.revision) {
    return stepOf(ports, there, await begin(ports, there, to, dryRun), newOwner, 'waiting');
  }
  requireCurrent(there, known, to);
  const step = await stepOf(ports, there, known, newOwner, 'waiting');
  if (!step.complete) return step;
  if (options.key === undefined) return { ...step, state: 'ready' };
  await finish(ports, there, known, newOwner, options.key, dryRun);
  return { ...step, state: dryRun ? 'ready' : 'done' };
}

/** A plugin as it lies in the checkout. */
interface HandedOver {
  readonly category: string;
  readonly plugin: PluginFile;
  readonly releases: Readonly<Record<Version, Sha256>>;
  readonly transfers: readonly SignedTransfer[];
}

async function readHandedOver({ tree }: CheckoutPorts, name: PluginName): Promise<HandedOver> {
  const sources = (await tree.list(SOURCE_DIRECTORIES.plugins)).flatMap((path) => {
    const file = parseSourcePath(path);
    return file !== undefined && 'category' in file && 'plugin' in file && file.plugin === name
      ? [{ path, file }]
      : [];
  });
  const own = sources.find(({ file }) => file.kind === 'plugin');
  const bytes = own === undefined ? undefined : await tree.read(own.path);
  if (own === undefined || bytes === undefined || !('category' in own.file)) {
    throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `The registry has no plugin ${name}.`, {
      hint: 'Check the name, and that this is the newest checkout.',
    });
  }
  const plugin = valueOf(readPluginFile(bytes, own.path, { expected: { name } }));
  const releases: Record<Version, Sha256> = {};
  const texts: Record<string, string> = {};
  for (const { path, file } of sources) {
    const content = await tree.read(path);
    if (content === undefined) continue;
    if (file.kind === 'release') releases[file.version] = sha256(content);
    if (file.kind === 'transfer' || file.kind === 'transfer-signature') {
      texts[path.slice(path.lastIndexOf('/') + 1)] = Buffer.from(content).toString('utf8');
    }
  }
  const transfers = transfersAmong(texts, plugin.registry, name);
  return { category: own.file.category, plugin, releases, transfers };
}

async function begin(
  ports: CheckoutPorts,
  there: HandedOver,
  to: string,
  dryRun: boolean,
): Promise<SignedTransfer> {
  const { plugin, releases } = there;
  const file = {
    registry: plugin.registry,
    plugin: plugin.name,
    revision: plugin.revision + 1,
    from: plugin.owner,
    to,
    releases,
  };
  const bytes = writeTransferFile(file);
  await writeNew(ports, pathOf(there, file.revision), bytes, dryRun);
  return { file, bytes, signatures: new Map() };
}

/** What both owners sign must be how the plugin is: or they would sign for something else than they saw. */
function requireCurrent({ plugin, releases }: HandedOver, { file }: SignedTransfer, to: string): void {
  const hint = `Remove transfer-${file.revision}.toml with its signatures, and begin again.`;
  if (file.to !== to) {
    throw new SheafError('SHEAF_EXISTS', `${plugin.name} is being handed over to ${file.to}.`, { hint });
  }
  const isSame =
    file.from === plugin.owner &&
    file.revision === plugin.revision + 1 &&
    Object.keys(file.releases).length === Object.keys(releases).length &&
    Object.entries(releases).every(([version, digest]) => file.releases[version as Version] === digest);
  if (isSame) return;
  throw new SheafError('SHEAF_EXISTS', `${plugin.name} has changed since its transfer was written.`, {
    hint,
  });
}

async function stepOf(
  ports: CheckoutPorts,
  there: HandedOver,
  transfer: SignedTransfer,
  newOwner: OwnerKeys,
  state: TransferStep['state'],
): Promise<TransferStep> {
  const { from, to, revision, releases } = transfer.file;
  const oldOwner = await readOwnerKeys(ports, from);
  const demands = [demandBy(oldOwner, transfer), demandBy(newOwner, transfer)];
  requireOwnNames(oldOwner, newOwner);
  const ceremony = ceremonyOf({
    ...transfer,
    registry: there.plugin.registry,
    path: pathOf(there, revision),
    changes: [
      `owner: ${from} → ${to}, from revision ${revision} of plugin.toml`,
      `keeps ${Object.keys(releases).length} releases of ${from}, and no further ones`,
    ],
    demands,
    needs: 'all',
  });
  return { ...ceremony, plugin: there.plugin.name, from, to, state };
}

function demandBy(owner: OwnerKeys, transfer: SignedTransfer): Demand {
  return demandOf(newestOf(owner).file, 'owner@sheaf', transfer);
}

/** `a-b` may be a key of the owner `a` and one of the owner `a-b`, and their signatures lie side by side. */
function requireOwnNames(oldOwner: OwnerKeys, newOwner: OwnerKeys): void {
  const [ours, theirs] = [newestOf(oldOwner).file.signers, newestOf(newOwner).file.signers];
  const shared = ours.find((one) => theirs.some(({ principal }) => principal === one.principal));
  if (shared === undefined) return;
  throw new SheafError('SHEAF_USAGE', `Both owners have a key under the name ${shared.principal}.`, {
    hint: 'Let one of them rotate to another name first: sheaf owner rotate.',
  });
}

async function finish(
  ports: CheckoutPorts & { readonly sshKeygen: SshKeygen },
  there: HandedOver,
  { file }: SignedTransfer,
  newOwner: OwnerKeys,
  keyPath: string,
  dryRun: boolean,
): Promise<void> {
  const bytes = writePluginFile({ ...there.plugin, owner: file.to, revision: file.revision });
  const sign = await openKey(ports, keyPath);
  const signature = await sign('release@sheaf', bytes);
  const key = signerOf(signature, 'release@sheaf', bytes, 'plugin.toml');
  const isListed = newestOf(newOwner).file.signers.some(
    (one) => one.namespaces.includes('release@sheaf') && sameKey(one.key, key),
  );
  if (!isListed) {
    throw new SheafError('SHEAF_SIGNATURE', `The key ${fingerprint(key)} is no release key of ${file.to}.`, {
      hint: `Give a key that the newest key file of ${file.to} lists: sheaf owner show ${file.to}.`,
    });
  }
  if (dryRun) return;
  const { category, plugin } = there;
  const at = (kind: 'plugin' | 'plugin-signature'): string =>
    `${ports.tree.root}/${sourcePath({ kind, category, plugin: plugin.name })}`;
  await ports.files.write(at('plugin'), bytes);
  await ports.files.write(at('plugin-signature'), signature);
}

function pathOf({ category, plugin }: HandedOver, revision: number): string {
  return `${releaseDirectory(category, plugin.name)}/transfer-${revision}.toml`;
}
