import { type SourceFile, sourcePath } from '../../index/source-layout.ts';
import { LIMITS } from '../../limits.ts';
import { quote } from '../../text.ts';
import type { Change, ChangedFile } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';

/**
 * A registry is checked out on every system and read by every tool. A link would bring in what it points to, a
 * submodule what somebody else's server says, and two names that differ in case are one file on half of the machines.
 */
export const plainFiles: ChangeRule = {
  id: 'plain-files',
  title: 'Every file is a plain one of reasonable size, under a name that all systems can tell from others.',
  waivable: false,
  judge: (change) => [
    ...change.files.flatMap((file) =>
      file.change === 'removed' ? [] : [...judgeKind(file), ...judgeSize(file), ...judgeName(file)],
    ),
    ...judgeCase(change),
  ],
};

const KINDS: Readonly<
  Record<Exclude<ChangedFile['kind'], 'file'>, { readonly is: string; readonly fix: string }>
> = {
  executable: { is: 'may be executed', fix: 'Take the right away: git update-index --chmod=-x FILE.' },
  link: { is: 'is a symbolic link', fix: 'Put the file itself in its place.' },
  submodule: { is: 'is a submodule', fix: 'Remove it; a registry holds manifests, not sources.' },
};

function judgeKind({ path, kind }: ChangedFile): readonly ChangeFault[] {
  return kind === 'file' ? [] : [errorIn(path, `${quote(path)} ${KINDS[kind].is}.`, KINDS[kind].fix)];
}

function judgeSize({ path, kind, size, source }: ChangedFile): readonly ChangeFault[] {
  const most = mostBytes(source);
  if (kind === 'submodule' || size <= most) return [];
  return [
    errorIn(
      path,
      `${quote(path)} has ${size} bytes; at most ${most} are allowed.`,
      'Shorten it; what users download lies with its author, not in the registry.',
    ),
  ];
}

function mostBytes(source: SourceFile | undefined): number {
  if (source?.kind.endsWith('-signature') === true) return LIMITS.signatureBytes;
  if (source?.kind === 'owner-signers' || source?.kind === 'root') return LIMITS.signersBytes;
  return LIMITS.changedFileBytes;
}

// Outside of printable ASCII, what Windows refuses, and components that end with a dot or blank, which it drops.
const ODD = /[^\x20-\x7e]|[\\:*?"<>|]|[. ](?:\/|$)|^-|\/-/;

function judgeName({ path }: ChangedFile): readonly ChangeFault[] {
  const names = path.replace(/^(?:\.\.\/)+/, '');
  const isLong = path.split('/').some((part) => part.length > LIMITS.archiveNameBytes);
  if (!isLong && !ODD.test(names)) return [];
  return [
    errorIn(
      path,
      `${quote(path)} is a name that not every system can have.`,
      'Use letters, digits, dots, hyphens and underscores.',
    ),
  ];
}

function judgeCase({ files, plugins }: Change): readonly ChangeFault[] {
  const known = new Map<string, string>();
  for (const { category, name, published } of plugins) {
    for (const version of published.keys()) {
      const path = sourcePath({ kind: 'release', category, plugin: name, version });
      known.set(path.toLowerCase(), path);
    }
  }
  return files.flatMap(({ path, change }) => {
    if (change === 'removed') return [];
    const folded = path.toLowerCase();
    const other = known.get(folded);
    known.set(folded, other ?? path);
    return other === undefined || other === path
      ? []
      : [
          errorIn(
            path,
            `${quote(path)} and ${quote(other)} are one file where letters have no case.`,
            'Choose another name or version.',
          ),
        ];
  });
}
