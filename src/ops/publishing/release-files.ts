import { SheafError } from '../../core/errors.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import { type OwnerFile, writeOwnerFile } from '../../core/formats/owner-file.ts';
import { writePluginFile } from '../../core/formats/plugin-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import { writeSigners } from '../../core/signatures/signers.ts';
import type { SshPublicKey } from '../../core/signatures/ssh-key.ts';
import type { Submitter } from '../../core/submissions/change.ts';
import type { RegistryView } from './registry-view.ts';

/** What a first submission says of its owner. */
export interface NewOwner {
  readonly githubId?: number;
  readonly gitlabId?: number;
  /** Prefixes of the addresses that releases may have; derived from the release when empty. */
  readonly repositories: readonly string[];
}

/** Files of a registry that a submission adds. */
export interface SubmissionFiles {
  readonly signed: ReadonlyMap<string, Uint8Array>;
  readonly unsigned: ReadonlyMap<string, Uint8Array>;
}

/**
 * The files that a release adds to a registry: its manifest; for a new plugin also plugin.toml; for a new owner also
 * their first key file and who they are.
 *
 * @param account the account that proposes it, where a forge vouches for one.
 * @throws SheafError `SHEAF_USAGE` when nothing tells where a new owner's releases may lie.
 */
export function submissionFiles(
  view: RegistryView,
  manifest: Manifest,
  release: { readonly bytes: Uint8Array; readonly url: string },
  owner: { readonly about: NewOwner; readonly key: SshPublicKey; readonly account: Submitter | undefined },
): SubmissionFiles {
  const { registry, category } = view;
  const { name: plugin, version } = manifest;
  const signed = new Map([[sourcePath({ kind: 'release', category, plugin, version }), release.bytes]]);
  const unsigned = new Map<string, Uint8Array>();
  if (view.plugin === undefined) {
    const about = { registry, name: plugin, revision: 1, owner: view.owner };
    const lists = { repositories: [], yanked: {}, deprecatedVersions: {} };
    const shown = manifest.displayName === undefined ? {} : { displayName: manifest.displayName };
    const bytes = writePluginFile({ ...about, ...shown, keywords: manifest.keywords, ...lists });
    signed.set(sourcePath({ kind: 'plugin', category, plugin }), bytes);
  }
  if (view.isNewOwner) {
    signed.set(
      sourcePath({ kind: 'owner-signers', owner: view.owner, version: 1 }),
      firstKeyFile(view, owner.key),
    );
    const about = aboutOwner(manifest, release.url, owner);
    unsigned.set(sourcePath({ kind: 'owner', owner: view.owner }), writeOwnerFile(about));
  }
  return { signed, unsigned };
}

/** Where the signature over a file lies: key files are signed by name. */
export function signaturePathOf(path: string, owner: string): string {
  return path.endsWith('.signers') ? `${path}.${owner}.sig` : `${path}.sig`;
}

function firstKeyFile({ registry, owner }: RegistryView, key: SshPublicKey): Uint8Array {
  const signer = { principal: owner, namespaces: ['owner@sheaf', 'release@sheaf'] as const, key };
  return writeSigners({
    kind: 'owner',
    registry,
    owner,
    version: 1,
    epoch: 0,
    threshold: 1,
    signers: [signer],
  });
}

function aboutOwner(
  { repository }: Manifest,
  url: string,
  { about, account }: { readonly about: NewOwner; readonly account: Submitter | undefined },
): OwnerFile {
  const githubId = about.githubId ?? (account?.forge === 'github' ? account.id : undefined);
  const gitlabId = about.gitlabId ?? (account?.forge === 'gitlab' ? account.id : undefined);
  return {
    ...(githubId === undefined ? {} : { githubId }),
    ...(gitlabId === undefined ? {} : { gitlabId }),
    repositories: about.repositories.length > 0 ? about.repositories : [ownPrefix(repository, url)],
  };
}

/** `https://git.example.org/ada/` of the repository `https://git.example.org/ada/graph-lens`, if releases lie there. */
function ownPrefix(repository: string | undefined, url: string): string {
  const prefix = /^(https:\/\/[^/]+\/[^/]+\/)[^/]/.exec(repository ?? '')?.[1];
  if (prefix !== undefined && url.startsWith(prefix)) return prefix;
  throw new SheafError('SHEAF_USAGE', 'Nothing tells below which addresses the new owner publishes.', {
    hint: `Say it, broad enough for later releases: --repository PREFIX, with which ${url} begins.`,
  });
}
