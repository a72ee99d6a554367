import { resolve } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ProposedTrees } from '../../core/submission-ports.ts';
import type { ChangedFile } from '../../core/submissions/change.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { createCommitTree } from './commit-tree.ts';
import { askGit, runGit } from './git-command.ts';
import { type GitObjects, openGitObjects } from './git-objects.ts';

/** The two revisions of a proposal: branches, tags or ids. */
export interface ProposedRevisions {
  readonly base: string;
  readonly head: string;
}

/** One entry of git-diff-tree(1) `--raw`, for a path of the repository. */
interface RawChange {
  readonly path: string;
  readonly change: ChangedFile['change'];
  readonly kind: ChangedFile['kind'];
  /** Ids of blobs; absent where there is none. */
  readonly before?: string;
  readonly after?: string;
}

/**
 * A proposal as two commits of a Git repository. Nothing of it is checked out: contents are read from Git's objects,
 * and only after their sizes were asked for.
 *
 * @param directory of the registry: the top of a work tree, one below it, or a bare repository.
 * @throws SheafError `SHEAF_PATH` when it has no such commits.
 */
export async function openProposedTrees(
  directory: string,
  revisions: ProposedRevisions,
  environment: Environment,
): Promise<ProposedTrees> {
  const root = resolve(directory);
  const [base, head] = [
    await commitOf(root, revisions.base, environment),
    await commitOf(root, revisions.head, environment),
  ];
  const objects = openGitObjects(root, environment);
  return {
    base: createCommitTree(root, base, environment),
    head: createCommitTree(root, head, environment),
    async changedFiles() {
      const changes = await rawChanges(
        root,
        await mergeBase(root, base, head, environment),
        head,
        environment,
      );
      const sizes = await sizesOf(
        root,
        changes.flatMap(({ before, after }) => [before, after].filter((id) => id !== undefined)),
        environment,
      );
      return describe(changes, sizes, objects);
    },
  };
}

async function commitOf(root: string, revision: string, environment: Environment): Promise<string> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const id = (await askGit(root, args, environment))?.trim();
  if (id !== undefined) return id;
  if ((await askGit(root, ['rev-parse', '--git-dir'], environment)) === undefined) {
    throw new SheafError('SHEAF_PATH', `${quote(root)} is no Git repository.`, {
      hint: 'Name a clone of the registry repository.',
    });
  }
  throw new SheafError('SHEAF_PATH', `${quote(root)} has no commit ${quote(revision)}.`, {
    hint: 'Name a commit, branch or tag that is there, or fetch it first.',
  });
}

async function mergeBase(
  root: string,
  base: string,
  head: string,
  environment: Environment,
): Promise<string> {
  const id = (await askGit(root, ['merge-base', base, head], environment))?.trim();
  if (id !== undefined && id !== '') return id;
  throw new SheafError('SHEAF_PATH', `The commits ${base} and ${head} have no common history here.`, {
    hint: 'Fetch the whole history: git fetch --unshallow.',
  });
}

/** Differences between the trees of two commits; the plumbing command heeds no configuration of the repository. */
async function rawChanges(
  root: string,
  from: string,
  to: string,
  environment: Environment,
): Promise<readonly RawChange[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to];
  const { exitCode, stdout, stderr } = await runGit(root, args, environment);
  if (exitCode !== 0) {
    throw new SheafError('SHEAF_TOOL', 'git could not compare the two commits.', {
      hint: 'Run git fsck, and fetch the repository again.',
      details: { git: quote(stderr) },
    });
  }
  const prefix = (await askGit(root, ['rev-parse', '--show-prefix'], environment))?.trim() ?? '';
  const fields = new TextDecoder().decode(stdout).split('\0');
  const changes: RawChange[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (changes.length === LIMITS.changedFiles) {
      throw new SheafError('SHEAF_SIZE', `The change touches more than ${LIMITS.changedFiles} files.`, {
        hint: 'Propose one release at a time; maintainers make large changes themselves.',
      });
    }
    changes.push(readRawChange(fields[at] ?? '', pathBelow(prefix, fields[at + 1] ?? '')));
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Reads `:<mode> <mode> <id> <id> <status>`. A change of type, a file into a link, is a change of the file. */
function readRawChange(line: string, path: string): RawChange {
  const [modeBefore = '', modeAfter = '', before = '', after = '', status = ''] = line.slice(1).split(' ');
  const [kindBefore, kindAfter] = [KINDS[modeBefore], KINDS[modeAfter]];
  const change = status === 'A' ? 'added' : status === 'D' ? 'removed' : 'modified';
  return {
    path,
    change,
    kind: (change === 'removed' ? kindBefore : kindAfter) ?? 'file',
    ...(isBlob(kindBefore) ? { before } : {}),
    ...(isBlob(kindAfter) ? { after } : {}),
  };
}

const KINDS: Readonly<Record<string, ChangedFile['kind']>> = {
  '100644': 'file',
  '100755': 'executable',
  '120000': 'link',
  '160000': 'submodule',
};

/** A submodule names a commit of another repository, which is no object of this one. */
function isBlob(kind: ChangedFile['kind'] | undefined): boolean {
  return kind !== undefined && kind !== 'submodule';
}

/** A path of the repository as the registry sees it that lies in a directory of it. */
function pathBelow(prefix: string, path: string): string {
  if (path.startsWith(prefix)) return path.slice(prefix.length);
  const [up, parts] = [prefix.split('/').slice(0, -1), path.split('/')];
  // The last part is no directory, so it is never shared.
  const shared = parts.findIndex((part, depth) => depth === parts.length - 1 || part !== up[depth]);
  return `${'../'.repeat(up.length - shared)}${parts.slice(shared).join('/')}`;
}

/** Sizes of objects, by id, without reading one of them. */
async function sizesOf(
  root: string,
  ids: readonly string[],
  environment: Environment,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const args = ['cat-file', '--batch-check=%(objectsize)'];
  const { stdout } = await runGit(root, args, environment, linesOf(wanted));
  const lines = new TextDecoder().decode(stdout).split('\n');
  return new Map(
    wanted.map((id, at) => {
      const size = Number(lines[at]);
      if (Number.isSafeInteger(size) && lines[at] !== '') return [id, size];
      throw new SheafError('SHEAF_TOOL', `The Git repository lacks the object ${id}.`, {
        hint: 'Fetch the commit with all of its files.',
      });
    }),
  );
}

async function* linesOf(ids: readonly string[]): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(`${ids.join('\n')}\n`);
}

async function describe(
  changes: readonly RawChange[],
  sizes: ReadonlyMap<string, number>,
  objects: GitObjects,
): Promise<readonly Omit<ChangedFile, 'source'>[]> {
  const isRead = (id: string | undefined): id is string =>
    id !== undefined && (sizes.get(id) ?? 0) <= LIMITS.changedFileBytes;
  const read = async (id: string | undefined): Promise<Uint8Array | undefined> =>
    isRead(id) ? (await objects.read([id]))[0] : undefined;
  return Promise.all(
    changes.map(async ({ path, change, kind, before, after }) => {
      const [old, next] = await Promise.all([read(before), kind === 'file' ? read(after) : undefined]);
      return {
        path,
        change,
        kind,
        size: after === undefined ? 0 : (sizes.get(after) ?? 0),
        ...(old === undefined ? {} : { before: old }),
        ...(next === undefined ? {} : { after: next }),
      };
    }),
  );
}
