import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { openRemoteBranch, type RemoteBranch } from './remote-branch.ts';

/** The files of a registry as its default branch has them now, without a checkout. */
export interface RegistryRepository extends ReadableTree {
  /** Removes what was fetched; what is read afterwards is as it is then. */
  close(): Promise<void>;
}

/** The repository of a registry, fetched when it is first asked for; files come when they are read. */
export function createRegistryRepository(url: string, environment: Environment): RegistryRepository {
  let opened: Promise<RemoteBranch> | undefined;
  const open = (): Promise<RemoteBranch> => (opened ??= openWithRules(url, environment));
  return {
    root: url,
    async list(directory) {
      const { paths } = await open();
      return paths.filter((path) => path.startsWith(`${directory}/`)).toSorted();
    },
    read: async (path) => (await open()).read(path, LIMITS.indexObjectBytes),
    async close() {
      const branch = await opened?.catch(() => undefined);
      opened = undefined;
      await branch?.close();
    },
  };
}

/** Policies, categories, roots: whoever proposes anything reads nearly all of them, one after the other. */
const RULES = /^registry\/(?:[^/]+|(?:policy|categories|trust|trust\/root)\/[^/]+)$/;

/** Fetches together what would be a connection each. */
async function openWithRules(url: string, environment: Environment): Promise<RemoteBranch> {
  const branch = await openRemoteBranch({ transport: 'system', url, branch: 'HEAD' }, environment);
  try {
    const rules = branch.paths.filter((path) => RULES.test(path));
    await Promise.all(rules.map((path) => branch.read(path, LIMITS.indexObjectBytes)));
    return branch;
  } catch (error) {
    await branch.close();
    throw error;
  }
}

/**
 * The address of a repository as git understands it, from the forms that a person types: `https://…`, `git+https://…`,
 * `ssh://…`, `user@host:path`, `file://…` and a path.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function repositoryUrl(text: string): string {
  const plain = text.startsWith('git+') ? text.slice('git+'.length) : text;
  if (/^(https?|ssh|file):\/\//.test(plain) && URL.canParse(plain)) return plain.replace(/\/+$/, '');
  if (/^[\w.-]+@[\w.-]+:[^/\\]/.test(plain)) return plain;
  // Git runs a program for `ext::…`, and takes what begins with a dash for an option.
  if (plain !== '' && !plain.startsWith('-') && !/^[a-z][a-z0-9+.-]+:/i.test(plain)) {
    return pathToFileURL(resolve(plain)).href;
  }
  throw new SheafError('SHEAF_USAGE', `${quote(text)} is not the address of a Git repository.`, {
    hint: 'Write it as for git clone: https://git.example.org/plugins/registry.git.',
  });
}
