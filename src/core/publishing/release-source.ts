import { SheafError } from '../errors.ts';
import type { Manifest } from '../formats/manifest.ts';
import type { CheckedOut } from '../publishing-ports.ts';
import { quote } from '../text.ts';

/** What a release says of where it comes from. */
export interface ReleaseSource {
  /** The table `[source]`; absent when nothing certain can be said. */
  readonly source?: NonNullable<Manifest['source']>;
  /** Why there is none. */
  readonly note?: string;
  /** What the author should look at. */
  readonly warning?: string;
}

/** How many files a refusal names. */
const SHOWN_FILES = 10;

/**
 * What a release may say of its source: the commit that is checked out, when it has every file of the plugin as it is,
 * and the tag of the version when it has that, too. The repository is the one that the manifest names, below which
 * registries want it.
 *
 * @param output the file that the build leaves, which no commit needs to have.
 * @param allowDirty whether the release may go without the table when files are not committed.
 * @throws SheafError `SHEAF_POLICY` for files that are not committed.
 */
export function releaseSource(
  { name, version, repository }: Pick<Manifest, 'name' | 'version' | 'repository'>,
  checkedOut: CheckedOut | undefined,
  { output, allowDirty }: { readonly output: string | undefined; readonly allowDirty: boolean },
): ReleaseSource {
  if (checkedOut === undefined) {
    return { note: `Git does not have ${name}, so the release does not say from which commit it comes.` };
  }
  const dirty = checkedOut.uncommitted.filter((path) => path !== output);
  if (dirty.length > 0) {
    if (!allowDirty) throw uncommitted(name, dirty);
    return { note: 'Not all files are committed, so the release does not say from which commit it comes.' };
  }
  if (repository === undefined) {
    return {
      note: 'The manifest names no repository, so the release does not say from which commit it comes.',
    };
  }
  const { commit, tags, remotes } = checkedOut;
  const tag = [`v${version}`, version].find((one) => tags.includes(one));
  const others = remotes.filter((remote) => remote.startsWith('https://')).map(plainAddress);
  const warning =
    others.length > 0 && !others.includes(plainAddress(repository))
      ? `The manifest says that the source is at ${quote(repository)}, and this work tree is of ${quote(others[0] ?? '')}.`
      : undefined;
  return {
    source: { repository, commit, ...(tag === undefined ? {} : { tag }) },
    ...(warning === undefined ? {} : { warning }),
  };
}

/** Without what the same repository may be written with; a token in it is not for messages either. */
function plainAddress(address: string): string {
  if (!URL.canParse(address)) return address;
  const { host, pathname } = new URL(address);
  return `https://${host}${pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`;
}

function uncommitted(name: string, files: readonly string[]): SheafError {
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
  const shown = files.slice(0, SHOWN_FILES).map((file) => quote(file));
  return new SheafError(
    'SHEAF_POLICY',
    `${name} has files that are not committed: ${shown.join(', ')}${more}.`,
    {
      hint: 'Commit them, so that the release can say what it was made from, or go without that: --allow-dirty.',
    },
  );
}
