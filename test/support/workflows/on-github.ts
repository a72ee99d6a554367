import type { Github } from '../github/github.ts';
import { fullName, type Level, type Permission, type Repository } from '../github/state.ts';
import type { RunnerWorld } from './runner-world.ts';
import { setupSheaf } from './serve-repository.ts';
import type { Permissions } from './workflow-file.ts';

/** What the lifelike GitHub has no part for. */
const ELSEWHERE = new Set(['id-token', 'pages']);

/**
 * The runner of a repository on the lifelike GitHub: a job gets a token of exactly the rights that it declares.
 *
 * @param directory an empty one, for workspaces and artifacts.
 */
export function runnerOn(github: Github, repository: Repository, directory: string): RunnerWorld {
  return {
    server: github.url,
    api: github.api,
    repository: fullName(repository),
    defaultBranch: repository.defaultBranch,
    directory,
    programs: [],
    token: (permissions) => github.workflowToken(repository, permissionsOf(permissions)).value,
    secrets: () => ({}),
    standIns: { './.github/actions/setup-sheaf': setupSheaf('public') },
  };
}

function permissionsOf(permissions: Permissions): Readonly<Partial<Record<Permission, Level>>> {
  const rights = Object.entries(permissions)
    .filter(([name, right]) => right !== 'none' && !ELSEWHERE.has(name))
    .map(([name, right]) => [name.replaceAll('-', '_'), right]);
  // Everybody may know that the repository is there.
  return { metadata: 'read', ...(Object.fromEntries(rights) as Partial<Record<Permission, Level>>) };
}
