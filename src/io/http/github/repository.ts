import { SheafError } from '../../../core/errors.ts';
import { isTrueAt, numberAt, optionalTextAt, textAt } from '../forge-answer.ts';
import type { GithubClient } from './client.ts';
import { statusOf } from './refusals.ts';

/** What is to be known of a repository in order to change something in it. */
export interface GithubRepository {
  readonly id: number;
  /** `owner/name`, as it is called now. */
  readonly name: string;
  readonly owner: string;
  readonly defaultBranch: string;
  /** Whether the account may push; what its token may do shows only when it is tried. */
  readonly canPush: boolean;
  readonly isArchived: boolean;
  /** Number of the repository that it is a fork of. */
  readonly parent?: number;
}

/** Reads it, under its present name where it was renamed; undefined when there is none, or none that may be seen. */
export async function findRepository(
  client: GithubClient,
  name: string,
): Promise<GithubRepository | undefined> {
  const answer = await client.find(`repos/${name}`);
  return answer === undefined ? undefined : repositoryIn(answer);
}

/** @throws SheafError `SHEAF_PATH` when there is none. */
export async function readRepository(client: GithubClient, name: string): Promise<GithubRepository> {
  const found = await findRepository(client, name);
  if (found !== undefined) return found;
  throw new SheafError(
    'SHEAF_PATH',
    `There is no repository ${name} on ${new URL(client.server.prefix).host}.`,
    {
      hint: 'Check the name; a private repository is seen only by a token that may read it.',
    },
  );
}

/** The repository of an answer. */
export function repositoryIn(answer: unknown): GithubRepository {
  return {
    id: numberAt(answer, 'id'),
    name: textAt(answer, 'full_name'),
    owner: textAt(answer, 'owner.login'),
    defaultBranch: textAt(answer, 'default_branch'),
    canPush: isTrueAt(answer, 'permissions.push'),
    isArchived: isTrueAt(answer, 'archived'),
    ...(optionalTextAt(answer, 'parent.full_name') === undefined
      ? {}
      : { parent: numberAt(answer, 'parent.id') }),
  };
}

/** The commit of a branch; undefined without such a branch, and in a repository that is empty or not there yet. */
export async function headOf(
  client: GithubClient,
  repository: string,
  branch: string,
): Promise<string | undefined> {
  try {
    const answer = await client.find(`repos/${repository}/git/ref/heads/${encodePath(branch)}`);
    return answer === undefined ? undefined : textAt(answer, 'object.sha');
  } catch (error) {
    // "Git Repository is empty."
    if (statusOf(error) === 409) return undefined;
    throw error;
  }
}

/** A path of a repository, or the name of a branch, as a part of an address. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
