import type { ChangeTransport, Proposal } from '../../core/submission-ports.ts';
import { addressIn, branchState, type ProposalPlace, withProposal } from './propose-branch.ts';
import type { RemoteBranch } from './remote-branch.ts';

/**
 * Proposes changes to a repository on a GitLab server, which opens the merge request itself when the branch is pushed
 * with its push options: the git credentials are all that is needed.
 * https://docs.gitlab.com/topics/git/commit/#push-options-for-merge-requests
 */
export function createGitlabTransport(place: ProposalPlace): ChangeTransport {
  return {
    name: 'GitLab',
    read: (path) => place.registry.read(path),
    propose: (proposal) =>
      withProposal(place, proposal, async ({ branch, commit, isNew }) => {
        const options = await pushOptions(place, proposal, branch);
        const url = isNew ? addressIn(await branch.push(commit, options)) : undefined;
        return {
          state: 'proposed',
          ...(url === undefined ? {} : { url }),
          commit,
          checks: 'unknown',
          failed: [],
        };
      }),
    state: (branch) => branchState(place, branch, 'The merge request shows its checks.'),
  };
}

async function pushOptions(
  { registry, fork }: ProposalPlace,
  { title, body }: Proposal,
  branch: RemoteBranch,
): Promise<readonly string[]> {
  const { stdout } = await branch.git(['ls-remote', '--symref', '--', registry.root, 'HEAD']);
  const target = /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(new TextDecoder().decode(stdout))?.[1];
  return [
    'merge_request.create',
    ...(target === undefined ? [] : [`merge_request.target=${target}`]),
    ...(fork === undefined ? [] : [`merge_request.target_project=${projectOf(registry.root)}`]),
    `merge_request.title=${title}`,
    // A push option is one line; the Markdown of GitLab takes this for one.
    `merge_request.description=${body.trim().replaceAll('\n', '<br>')}`,
    'merge_request.label=submission',
    'merge_request.remove_source_branch',
  ];
}

/** `https://gitlab.example.org/group/registry.git` is the project `group/registry`. */
function projectOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url.slice(url.indexOf(':') + 1);
  return path.replace(/^\/+/, '').replace(/\.git$/, '');
}
