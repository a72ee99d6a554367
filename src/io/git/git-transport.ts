import type { ChangeTransport } from '../../core/submission-ports.ts';
import { addressIn, branchState, type ProposalPlace, withProposal } from './propose-branch.ts';

/**
 * Proposes changes as branches of a Git repository, and nothing more: the people of the registry are told of them by
 * the author, or by whatever the address that the server prints leads to.
 */
export function createGitTransport(place: ProposalPlace): ChangeTransport {
  return {
    name: 'Git',
    read: (path) => place.registry.read(path),
    propose: (proposal) =>
      withProposal(place, proposal, async ({ branch, commit, isNew }) => {
        const url = isNew ? addressIn(await branch.push(commit)) : undefined;
        return {
          state: 'proposed',
          ...(url === undefined ? {} : { url }),
          hint: told(proposal.branch),
          commit,
          checks: 'unknown',
          failed: [],
        };
      }),
    state: (branch) => branchState(place, branch, told(branch)),
  };
}

function told(branch: string): string {
  return `Ask the maintainers of the registry to merge the branch ${branch}.`;
}
