import type { Tier } from './formats/manifest.ts';
import type { RegistryFile } from './formats/registry-file.ts';
import type { Collection } from './index/read-collections.ts';
import type { VersionRecord } from './index/records.ts';
import type { PluginName } from './plugin-name.ts';
import { satisfies } from './version.ts';

/** What a badge says, in the words in which it is decided: each is a predicate over what a client can check. */
export const BADGE_MEANINGS = {
  official: 'The owner is listed under official_owners in registry.toml.',
  community: 'The owner is not listed under official_owners in registry.toml.',
  verified:
    'Maintainers granted the tier native or core, by the threshold of signatures that the root demands.',
  signed: 'Manifest and plugin.toml carry signatures by keys of the owner, checked on this machine.',
  reproduced: 'A build from the source commit that the manifest names gave the same bytes.',
  measured: 'The registry measured the release within the budgets that it claims.',
  certified: 'A collection whose curator certifies what it lists has the release in it.',
} as const;

/** The name of a badge. */
export type BadgeName = keyof typeof BADGE_MEANINGS;

/** A badge that a release has, and why. */
export interface Badge {
  readonly badge: BadgeName;
  /** One sentence with the facts. */
  readonly because: string;
}

/** What badges are decided by. */
export interface BadgeFacts {
  readonly name: PluginName;
  readonly owner: string;
  readonly release: Pick<VersionRecord, 'version' | 'measured' | 'reproduced'>;
  readonly officialOwners: RegistryFile['officialOwners'];
  /** The tier that signed grants give to the release, as this machine judged them. */
  readonly granted: Tier;
  /** Who signed the release, when this machine has checked it. */
  readonly signer?: { readonly owner: string; readonly key: string };
  readonly collections: readonly Collection[];
}

/** The badges of a release, in a fixed order. None is a matter of opinion: the same facts give the same badges. */
export function badgesOf(facts: BadgeFacts): readonly Badge[] {
  return (Object.keys(BADGE_MEANINGS) as BadgeName[]).flatMap((badge) => {
    const because = PREDICATES[badge](facts);
    return because === undefined ? [] : [{ badge, because }];
  });
}

/** The reason for each badge; undefined when the release has it not. */
const PREDICATES: Readonly<Record<BadgeName, (facts: BadgeFacts) => string | undefined>> = {
  official: ({ owner, officialOwners }) =>
    officialOwners.includes(owner) ? `The registry lists ${owner} as an official owner.` : undefined,
  community: ({ owner, officialOwners }) =>
    officialOwners.includes(owner) ? undefined : `${owner} is no official owner of the registry.`,
  verified: ({ granted }) =>
    granted === 'wasm' ? undefined : `Maintainers granted the tier ${granted} and signed for it.`,
  signed: ({ signer }) =>
    signer === undefined ? undefined : `Signed by ${signer.owner} with the key ${signer.key}.`,
  reproduced: ({ release: { version, reproduced } }) =>
    reproduced === true ? `The registry built ${version} from its source and got the same bytes.` : undefined,
  measured: ({ release: { version, measured } }) =>
    measured === 'passed' ? `The registry measured ${version} within its budgets.` : undefined,
  certified({ name, release: { version }, collections }) {
    const certifying = collections.filter(
      ({ certifies, curator, plugins }) =>
        certifies &&
        curator !== undefined &&
        plugins.some(
          (one) => one.name === name && (one.versions === undefined || satisfies(version, one.versions)),
        ),
    );
    if (certifying.length === 0) return undefined;
    return `Certified by ${certifying.map(({ curator, id }) => `${curator} (collection ${id})`).join(', ')}.`;
  },
};
