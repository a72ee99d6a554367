import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { serveGit, temporaryDirectory, writeTree } from '../../../src/testkit/index.ts';
import { git } from '../index-branch.ts';
import { writeSheafProgram } from '../sheaf-program.ts';
import type { RunnerWorld, StandIn } from './runner-world.ts';
import type { Permissions } from './workflow-file.ts';

/** A repository that Git serves over HTTP on loopback, to all who ask, and the runner of its workflows. */
export interface ServedRepository {
  readonly world: RunnerWorld;
  /** What was asked for, by job. */
  readonly tokens: { readonly job: string; readonly permissions: Permissions }[];
  readonly secrets: Record<string, Record<string, string>>;
  /** The bare repository. */
  readonly bare: string;
  /** A work tree of it. */
  readonly checkout: string;
  /** Commits files on top of the branch of the work tree, and pushes it. @returns the commit. */
  commit(files: Iterable<readonly [string, Uint8Array]>): Promise<string>;
  close(): Promise<void>;
}

/** Serves a new, empty repository `acme/plugins`. */
export async function serveRepository(): Promise<ServedRepository> {
  const directory = await temporaryDirectory();
  const at = (...parts: readonly string[]): string => join(directory.path, ...parts);
  for (const name of ['forge/acme', 'checkout', 'runner']) await mkdir(at(name), { recursive: true });
  const bare = at('forge/acme/plugins.git');
  await git(at('forge'), 'init', '--quiet', '--bare', '--template=', '--initial-branch=main', bare);
  await git(bare, 'config', 'http.receivepack', 'true');
  const checkout = at('checkout');
  await git(checkout, 'init', '--quiet', '--template=', '--initial-branch=main');
  await git(checkout, 'remote', 'add', 'origin', bare);
  const server = await serveGit(at('forge'), { push: true });
  const tokens: ServedRepository['tokens'] = [];
  const secrets: ServedRepository['secrets'] = {};
  const address = server.url.replace(/\/$/, '');
  const world: RunnerWorld = {
    server: address,
    api: `${address}/api/v3`,
    repository: 'acme/plugins',
    defaultBranch: 'main',
    directory: at('runner'),
    programs: [],
    token(permissions, job) {
      tokens.push({ job, permissions });
      return `token-of-${job}`;
    },
    secrets: (environment) => secrets[environment ?? ''] ?? {},
    standIns: { './.github/actions/setup-sheaf': setupSheaf('public') },
  };
  return {
    world,
    tokens,
    secrets,
    bare,
    checkout,
    async commit(files) {
      await writeTree(checkout, files);
      await git(checkout, 'add', '--all', '--force');
      await git(checkout, 'commit', '--quiet', '--message=change');
      await git(checkout, 'push', '--quiet', 'origin', 'HEAD');
      return git(checkout, 'rev-parse', 'HEAD');
    },
    async close() {
      await server.close();
      await directory.remove();
    },
  };
}

/**
 * Puts the command line, built from the source as it is, on the PATH of the job; nothing is installed.
 *
 * @param network as in {@link writeSheafProgram}.
 */
export function setupSheaf(network: 'loopback' | 'public'): StandIn {
  return async (inputs, place) => {
    const unknown = Object.keys(inputs).find((name) => name !== 'sandbox');
    if (unknown !== undefined) throw new Error(`The action has no input "${unknown}".`);
    const path = join(place.temporary, 'bin');
    await mkdir(path, { recursive: true });
    await writeSheafProgram(join(path, 'sheaf'), network);
    return { path };
  };
}
