import { quote } from '../../text.ts';
import type { Change, ChangedFile, ChangedPlugin } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { misplacedPlugin } from '../misplaced-plugin.ts';
import { type ChangePurpose, filePurpose, purposeOf } from '../purpose.ts';

/**
 * The closed lists of what a change may touch. Whatever runs for a registry (workflows, tools, policies), whatever
 * gives or takes power (roots, status events, revocations) and whatever is somebody else's is on none of them.
 */
export const nothingElse: ChangeRule = {
  id: 'nothing-else',
  title: 'A change is about one plugin, one owner and one thing, and touches no other file.',
  waivable: false,
  judge(change) {
    const purpose = purposeOf(change);
    const files = change.files.filter(({ path }) => misplacedPlugin(path) === undefined);
    return [
      ...files.flatMap((file) => foreignFile(file, purpose, change)),
      ...severalPlugins(change),
      ...severalReleases(change),
      ...severalOwners(change),
    ];
  },
};

function foreignFile(
  file: ChangedFile,
  purpose: ChangePurpose | undefined,
  change: Change,
): readonly ChangeFault[] {
  const { path, source } = file;
  if (purpose !== undefined && source !== undefined && BELONGS[purpose](file, change)) return [];
  if (source === undefined) {
    return [
      errorIn(
        path,
        `${quote(path)} is no file that people propose to a registry.`,
        'Take it out of the change: a release is VERSION.toml and VERSION.toml.sig, and nothing else.',
      ),
    ];
  }
  if (purpose === undefined || filePurpose(file) === undefined) {
    return [
      errorIn(
        path,
        `${quote(path)} is changed by the maintainers of the registry only.`,
        'Take it out of the change, and open an issue about it.',
      ),
    ];
  }
  return [
    errorIn(
      path,
      `${quote(path)} does not belong into ${TITLES[purpose]}.`,
      `${ADVICE[purpose]} Propose it by itself.`,
    ),
  ];
}

type Belongs = (file: ChangedFile, change: Change) => boolean;

const BELONGS: Readonly<Record<ChangePurpose, Belongs>> = {
  release(file, change) {
    const { source } = file;
    const purpose = filePurpose(file);
    if (source !== undefined && 'owner' in source) {
      return change.owners.get(source.owner)?.isNew === true && change.plugins.every(isNewPlugin);
    }
    if (purpose !== 'plugin' || source === undefined || !('plugin' in source)) return purpose === 'release';
    return isNewPlugin(change.plugins.find(({ name }) => name === source.plugin));
  },
  plugin: (file) => filePurpose(file) === 'plugin',
  transfer: (file) => filePurpose(file) === 'transfer' || filePurpose(file) === 'plugin',
  owner({ source }, { owners }) {
    // What an owner may do, and where their releases come from, is agreed upon with the maintainers once.
    if (source?.kind === 'owner') return owners.get(source.owner)?.isNew === true;
    return source?.kind === 'owner-signers' || source?.kind === 'owner-signature';
  },
  review: (file) => filePurpose(file) === 'review',
};

const TITLES: Readonly<Record<ChangePurpose, string>> = {
  release: 'a release',
  plugin: 'a change of plugin.toml',
  transfer: 'a transfer',
  owner: 'a change of keys',
  review: 'a review',
};

const ADVICE: Readonly<Record<ChangePurpose, string>> = {
  release:
    'Besides VERSION.toml and its signature, only a new plugin brings plugin.toml, and only a new owner keys.',
  plugin: 'It is plugin.toml and its signature.',
  transfer: 'It is the transfer with the signatures of both owners, and the next plugin.toml.',
  owner: 'It is the next key file with its signatures, or all files of a new owner.',
  review: 'It is the review and its signature.',
};

function isNewPlugin(plugin: ChangedPlugin | undefined): boolean {
  return plugin !== undefined && plugin.before === undefined && plugin.published.size === 0;
}

function severalPlugins({ plugins, files }: Change): readonly ChangeFault[] {
  const [first, ...others] = plugins;
  return others
    .filter(({ name }) => name !== first?.name)
    .map(({ name }) =>
      errorIn(
        pathAbout(files, 'plugin', name),
        `The change is about ${first?.name} and about ${name}.`,
        `Propose ${name} by itself.`,
      ),
    );
}

/** Risk, reviews and measurements are those of one version. */
function severalReleases({ files }: Change): readonly ChangeFault[] {
  const [, ...others] = files.filter(
    ({ source, change }) => source?.kind === 'release' && change === 'added',
  );
  return others.map(({ path }) =>
    errorIn(path, `${quote(path)} is a second release in one change.`, 'Propose each release by itself.'),
  );
}

function severalOwners({ files, plugins }: Change): readonly ChangeFault[] {
  const named = files.flatMap(({ source }) =>
    source !== undefined && 'owner' in source ? [source.owner] : [],
  );
  const [first] = [...plugins.flatMap(({ after, before }) => (after ?? before)?.owner ?? []), ...named];
  return [...new Set(named)]
    .filter((owner) => owner !== first)
    .map((owner) =>
      errorIn(
        pathAbout(files, 'owner', owner),
        `The change is ${first}'s and brings files of ${owner}.`,
        `Propose the files of ${owner} by themselves.`,
      ),
    );
}

function pathAbout(files: readonly ChangedFile[], key: 'plugin' | 'owner', name: string): string {
  const found = files.find(
    ({ source }) => source !== undefined && new Map(Object.entries(source)).get(key) === name,
  );
  return found?.path ?? '';
}
