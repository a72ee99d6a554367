import { SheafError } from '../../core/errors.ts';
import { type PluginFile, writePluginFile } from '../../core/formats/plugin-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { ReadableTree, SshKeygen } from '../../core/publishing-ports.ts';
import type { ChangeTransport, Proposal, ProposalState } from '../../core/submission-ports.ts';
import type { Version } from '../../core/version.ts';
import { openKey } from '../trust/sign.ts';
import { publicHalf } from '../trust/signing-key.ts';
import { findPlugin, requireReleaseKey } from './registry-view.ts';

/** The ports of those who change what a registry says of a plugin. */
export interface RevisePorts {
  readonly files: NamedFiles;
  readonly sshKeygen: SshKeygen;
  readonly registry: ReadableTree;
  readonly transport: ChangeTransport;
}

/** What is common to all such changes. */
export interface ReviseOptions {
  readonly plugin: PluginName;
  /** Path of a release key of the owner. */
  readonly key: string;
  readonly dryRun: boolean;
}

/** The next revision of a `plugin.toml`, and where it stands. */
export interface Revision {
  readonly plugin: PluginName;
  readonly registry: string;
  readonly owner: string;
  readonly revision: number;
  /** In the registry. */
  readonly path: string;
  /** What it says now, or would. */
  readonly text: string;
  /** `unchanged` when the registry says so already. */
  readonly state: 'unchanged' | 'planned' | ProposalState['state'];
  readonly branch?: string;
  readonly url?: string;
  readonly hint?: string;
}

/** What becomes of the file, and why, for those who look at the change. */
export interface IntendedRevision {
  readonly file: PluginFile;
  /** `Yank graph-lens 1.0.0`. */
  readonly title: string;
  readonly reason: string;
}

/**
 * Proposes the next revision of a plugin's `plugin.toml`, signed by its owner: what is merged is never edited, and
 * clients refuse to go back behind a revision that they have seen.
 *
 * @param intend makes the file from the one that the registry has; the revision is counted here.
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_SIGNATURE` for a key that is none of the owner's, and what
 *   `intend` and the transport throw.
 */
export async function revisePlugin(
  { files, sshKeygen, registry, transport }: RevisePorts,
  { plugin: name, key, dryRun }: ReviseOptions,
  intend: (file: PluginFile, versions: readonly Version[]) => IntendedRevision,
): Promise<Revision> {
  const there = await findPlugin(registry, name);
  if (there === undefined) {
    throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `The registry has no plugin ${name}.`, {
      hint: 'Check the name, and the address after --to.',
    });
  }
  const { category, plugin } = there;
  const intended = intend(plugin, there.versions);
  const path = sourcePath({ kind: 'plugin', category, plugin: name });
  const about = { plugin: name, registry: plugin.registry, owner: plugin.owner, path };
  const before = writePluginFile(plugin);
  if (Buffer.compare(before, writePluginFile(intended.file)) === 0) {
    return { ...about, revision: plugin.revision, text: textOf(before), state: 'unchanged' };
  }
  await requireReleaseKey(registry, plugin.owner, await publicHalf(files, key));
  const revision = plugin.revision + 1;
  const bytes = writePluginFile({ ...intended.file, revision });
  const next = { ...about, revision, text: textOf(bytes) };
  if (dryRun) return { ...next, state: 'planned' };
  const sign = await openKey({ files, sshKeygen }, key);
  const signature = await sign('release@sheaf', bytes);
  const proposal: Proposal = {
    branch: `plugin/${name}-r${revision}`,
    title: intended.title,
    body: `${intended.title}: ${intended.reason}\n\nRevision ${revision} of plugin.toml, signed by ${plugin.owner}.\n`,
    files: new Map([
      [path, bytes],
      [sourcePath({ kind: 'plugin-signature', category, plugin: name }), signature],
    ]),
  };
  const { state, url, hint } = await transport.propose(proposal);
  return {
    ...next,
    state,
    branch: proposal.branch,
    ...(url === undefined ? {} : { url }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/**
 * Makes sure that a plugin has a version.
 *
 * @throws SheafError `SHEAF_UNKNOWN_VERSION`.
 */
export function requireVersion(name: PluginName, version: Version, versions: readonly Version[]): void {
  if (versions.includes(version)) return;
  throw new SheafError('SHEAF_UNKNOWN_VERSION', `The registry has no version ${version} of ${name}.`, {
    hint: versions.length === 0 ? 'It has none at all.' : `It has: ${versions.toSorted().join(', ')}.`,
  });
}
