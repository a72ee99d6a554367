import { randomUUID } from 'node:crypto';
import { SheafError } from '../../core/errors.ts';
import type { Instant } from '../../core/instant.ts';
import type { MergeTarget } from '../../core/review-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { type GitResult, runGit } from './git-command.ts';
import { saysForbidden, saysNoRepository } from './git-refusals.ts';
import { asSheaf } from './sheaf-identity.ts';

/** The first Git whose `merge-tree` writes a tree without a checkout. */
const NEEDED = [2, 38] as const;

// What a repository's own configuration could make of a merge: renames would put a file where nobody proposed it.
const EXACT = [
  '-c',
  'merge.renames=false',
  '-c',
  'merge.directoryRenames=false',
  '-c',
  'merge.renormalize=false',
];

/**
 * A branch of a remote, as the place that submissions are merged into, and a repository on this machine that makes the
 * merges: in its object store, without a checkout and without touching its own branches.
 *
 * @param remote the name of a remote of the repository, or an address.
 */
export function createMergeTarget(
  directory: string,
  { remote, branch }: { readonly remote: string; readonly branch: string },
  environment: Environment,
): MergeTarget {
  const git = (...args: readonly string[]): Promise<GitResult> => runGit(directory, args, environment);
  const must = async (...args: readonly string[]): Promise<string> => {
    const result = await git(...args);
    if (result.exitCode !== 0) throw failed(directory, args[0] ?? '', result.stderr);
    return new TextDecoder().decode(result.stdout);
  };
  const has = async (commit: string): Promise<boolean> => {
    refuseOtherThanId(commit);
    const { exitCode, stderr } = await git('cat-file', '-e', `${commit}^{commit}`);
    if (saysNoRepository(stderr)) throw failed(directory, 'cat-file', stderr);
    return exitCode === 0;
  };
  let checked: Promise<void> | undefined;

  return {
    branch,
    async fetch(ref) {
      const listed = await must('ls-remote', '--quiet', '--', remote, ref);
      const id = listed
        .split('\n')
        .find((line) => line.endsWith(`\t${ref}`))
        ?.split('\t')[0];
      if (id === undefined) {
        throw new SheafError('SHEAF_PATH', `The remote of ${quote(directory)} has no ${quote(ref)}.`, {
          hint: 'Check the name of the branch, or whether the pull request is still there.',
        });
      }
      if (await has(id)) return id;
      // A name of its own, because others may fetch into the same repository at the same time.
      const own = `refs/sheaf/${randomUUID()}`;
      const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
      await must('fetch', ...options, '--', remote, `+${ref}:${own}`);
      try {
        return (await must('rev-parse', '--verify', `${own}^{commit}`)).trim();
      } finally {
        await git('update-ref', '-d', own);
      }
    },
    has,
    async merge(ours, theirs, { message, date }) {
      await (checked ??= checkVersion(git));
      const base = (await must('merge-base', ours, theirs)).trim();
      if (base === theirs) return { state: 'present' };
      const { exitCode, stdout, stderr } = await git(
        ...EXACT,
        'merge-tree',
        '--write-tree',
        '--no-messages',
        '--name-only',
        '-z',
        ours,
        theirs,
      );
      const [tree = '', ...conflicts] = new TextDecoder().decode(stdout).split('\0');
      if (exitCode === 1) return { state: 'conflict', paths: conflicts.filter((path) => path !== '') };
      if (exitCode !== 0) throw failed(directory, 'merge-tree', stderr);
      const foreign = await foreignChange(must, { base, ours, theirs, tree });
      if (foreign !== undefined) return { state: 'conflict', paths: [foreign] };
      const commit = await commitTree(directory, environment, {
        tree,
        parents: [ours, theirs],
        message,
        date,
      });
      return { state: 'merged', commit };
    },
    async push(commit, expected) {
      const { exitCode, stderr } = await git(
        'push',
        '--quiet',
        '--no-verify',
        `--force-with-lease=refs/heads/${branch}:${expected}`,
        '--',
        remote,
        `${commit}:refs/heads/${branch}`,
      );
      if (exitCode === 0) return true;
      if (MOVED.test(stderr)) return false;
      throw failed(directory, 'push', stderr);
    },
  };
}

// The commit is a descendant of what is expected, so the lease never forces anything: it only notices.
const MOVED =
  /\[(?:remote )?rejected\].*(?:stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value)/i;

/** Refuses what is no full id of a commit: a name could mean another commit a moment later. */
function refuseOtherThanId(commit: string): void {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return;
  throw new SheafError('SHEAF_USAGE', `${quote(commit)} is not the id of a commit.`, {
    hint: 'Give all 40 (or 64) hexadecimal digits, in lower case.',
  });
}

async function checkVersion(git: (...args: readonly string[]) => Promise<GitResult>): Promise<void> {
  const said = new TextDecoder().decode((await git('version')).stdout);
  const [, major = '0', minor = '0'] = /^git version (\d+)\.(\d+)/.exec(said) ?? [];
  const isEnough = Number(major) > NEEDED[0] || (Number(major) === NEEDED[0] && Number(minor) >= NEEDED[1]);
  if (isEnough) return;
  throw new SheafError(
    'SHEAF_TOOL',
    `Git ${NEEDED.join('.')} or newer is needed to merge without a checkout.`,
    {
      hint: 'Install a newer Git.',
      details: { git: quote(said.trim()) },
    },
  );
}

/**
 * A path that the merge changes otherwise than the submission does; undefined when there is none. Git merges the
 * contents of a file that both sides changed, and nobody has seen, let alone signed, what comes of that.
 */
async function foreignChange(
  must: (...args: readonly string[]) => Promise<string>,
  { base, ours, theirs, tree }: Readonly<Record<'base' | 'ours' | 'theirs' | 'tree', string>>,
): Promise<string | undefined> {
  const proposed = await changesBetween(must, base, theirs);
  for (const [path, to] of await changesBetween(must, ours, tree)) {
    if (proposed.get(path) !== to) return path;
  }
  return undefined;
}

/** Mode and id that every changed path has afterwards. */
async function changesBetween(
  must: (...args: readonly string[]) => Promise<string>,
  from: string,
  to: string,
): Promise<ReadonlyMap<string, string>> {
  const said = await must(
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    '--no-ext-diff',
    from,
    to,
  );
  const words = said.split('\0');
  const changes = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [, mode, , id] = words[at]?.split(' ') ?? [];
    changes.set(words[at + 1] ?? '', `${mode} ${id}`);
  }
  return changes;
}

interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly date: Instant;
}

async function commitTree(
  directory: string,
  environment: Environment,
  { tree, parents, message, date }: NewCommit,
): Promise<string> {
  const args = [
    'commit-tree',
    '--no-gpg-sign',
    ...parents.flatMap((parent) => ['-p', parent]),
    '-m',
    message,
    tree,
  ];
  const { exitCode, stdout, stderr } = await runGit(directory, args, { ...environment, ...asSheaf(date) });
  if (exitCode !== 0) throw failed(directory, 'commit-tree', stderr);
  return new TextDecoder().decode(stdout).trim();
}

function failed(directory: string, command: string, said: string): SheafError {
  if (saysNoRepository(said)) {
    return new SheafError('SHEAF_PATH', `${quote(directory)} or its remote is no Git repository.`, {
      hint: 'Name a clone of the registry repository.',
      details: { git: quote(said) },
    });
  }
  if (saysForbidden(said)) {
    return new SheafError(
      'SHEAF_AUTHENTICATION',
      `The remote of ${quote(directory)} does not let you ${command}.`,
      {
        hint: 'Check your key, or the credential helper of git.',
        details: { git: quote(said) },
      },
    );
  }
  const code = command === 'fetch' || command === 'push' ? 'SHEAF_NETWORK' : 'SHEAF_TOOL';
  return new SheafError(code, `git ${command} failed in ${quote(directory)}.`, {
    details: { git: quote(said) },
  });
}
