import { SheafError } from '../../../core/errors.ts';
import type { ChangeTransport, ProposalState } from '../../../core/submission-ports.ts';
import { headOf, type ProposalPlace, withProposal } from '../../git/propose-branch.ts';
import type { Environment } from '../credentials.ts';
import { type GithubPlace, githubPlace, webAddress } from './address.ts';

/**
 * Proposes changes to a registry on GitHub without a token: pushes the branch with the Git credentials that the author
 * has, and leaves it to them to open the pull request at the address where GitHub has it prepared.
 */
export function createGithubPush(place: ProposalPlace, upstream: GithubPlace): ChangeTransport {
  const { fork, registry, environment } = place;
  return {
    name: 'GitHub, by git push',
    read: (path) => registry.read(path),
    async propose(proposal) {
      try {
        return await withProposal(place, proposal, async ({ branch, commit, isNew }) => {
          if (isNew) await branch.push(commit);
          return { ...waiting(upstream, proposal.branch, fork, environment), commit };
        });
      } catch (error) {
        throw error instanceof SheafError && error.code === 'SHEAF_AUTHENTICATION'
          ? withoutToken(error, upstream, fork)
          : error;
      }
    },
    async state(branch) {
      const commit = await headOf(place, branch);
      return commit === undefined
        ? { state: 'closed', hint: 'Nothing is proposed yet.', checks: 'none', failed: [] }
        : { ...waiting(upstream, branch, fork, environment), commit };
    },
  };
}

function waiting(
  upstream: GithubPlace,
  branch: string,
  fork: string | undefined,
  environment: Environment,
): ProposalState {
  const owner = fork === undefined ? undefined : githubPlace(fork, environment)?.repository.split('/')[0];
  const head = owner === undefined ? branch : `${owner}:${branch}`;
  return {
    state: 'local',
    url: `${webAddress(upstream)}/compare/${head.split('/').map(encodeURIComponent).join('/')}?expand=1`,
    hint: 'Open the pull request at that address, or put a token into GH_TOKEN and run the command again.',
    checks: 'none',
    failed: [],
  };
}

function withoutToken(error: SheafError, { repository }: GithubPlace, fork: string | undefined): SheafError {
  const where = fork ?? repository;
  return new SheafError(
    'SHEAF_AUTHENTICATION',
    `There is no token for GitHub, and git may not push to ${where}.`,
    {
      hint: 'Put a token into GH_TOKEN or run gh auth login; or fork the registry on GitHub and name the fork with --fork.',
      details: error.details,
      cause: error,
    },
  );
}
