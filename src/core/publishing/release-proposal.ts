import type { PluginName } from '../plugin-name.ts';
import type { Proposal } from '../submission-ports.ts';
import type { Version } from '../version.ts';

/** What a person should see of a release before they look at its files. */
export interface ReleaseToPropose {
  readonly name: PluginName;
  readonly version: Version;
  readonly owner: string;
  readonly isNewPlugin: boolean;
  readonly isNewOwner: boolean;
  readonly artifacts: readonly { readonly url: string; readonly sha256: string }[];
  /** Fingerprint of the key that signed. */
  readonly signer: string;
}

/** The change that brings a release to a registry. */
export function releaseProposal(release: ReleaseToPropose, files: ReadonlyMap<string, Uint8Array>): Proposal {
  const { name, version, owner, isNewPlugin, isNewOwner, artifacts, signer } = release;
  return {
    branch: `release/${name}-${version}`,
    title: `Release ${name} ${version}`,
    body: [
      `Adds ${name} ${version} by the owner ${owner}${isNewPlugin ? ', the first release of a new plugin' : ''}.`,
      ...(isNewOwner ? [`${owner} is a new owner of this registry.`] : []),
      '',
      ...artifacts.flatMap(({ url, sha256 }) => [`- artifact: ${url}`, `- sha256: \`${sha256}\``]),
      `- signed by: \`${signer}\``,
      '',
    ].join('\n'),
    files,
  };
}
