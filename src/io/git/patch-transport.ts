import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ChangeTransport } from '../../core/submission-ports.ts';
import { quote } from '../../core/text.ts';
import { readFileIfExists, writeFileAtomic } from '../files.ts';
import { type ProposalPlace, withProposal } from './propose-branch.ts';

/** Writes a change into a file that `git am` applies, for registries that are reached by mail or by hand. */
export function createPatchTransport(place: ProposalPlace, file: string): ChangeTransport {
  const state = {
    state: 'local',
    hint: `Send ${file} to the maintainers of the registry, who apply it with: git am ${file}`,
    checks: 'none',
    failed: [],
  } as const;
  return {
    name: 'a patch',
    read: (path) => place.registry.read(path),
    propose: (proposal) =>
      withProposal(place, proposal, async ({ branch, commit }) => {
        const { exitCode, stdout, stderr } = await branch.git([
          'format-patch',
          '-1',
          '--stdout',
          '--full-index',
          '--binary',
          '--no-signature',
          commit,
        ]);
        if (exitCode !== 0) {
          throw new SheafError('SHEAF_TOOL', `git could not write the patch ${quote(file)}.`, {
            details: { git: quote(stderr) },
          });
        }
        await writeFileAtomic(file, stdout);
        return { ...state, commit };
      }),
    async state() {
      const written = await readFileIfExists(file, LIMITS.textFileBytes);
      return written === undefined ? { state: 'closed', checks: 'none', failed: [] } : state;
    },
  };
}
