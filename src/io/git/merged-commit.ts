import { SheafError } from '../../core/errors.ts';
import type { Instant } from '../../core/instant.ts';
import type { MergedCommit } from '../../core/submission-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { askGit } from './git-command.ts';
import { SHEAF_IDENTITY } from './sheaf-identity.ts';

/** What Git says of a commit that has been merged; {@link openProposedTrees} reads what is in it. */
export function createMergedCommit(directory: string, environment: Environment): MergedCommit {
  return {
    async time(head): Promise<Instant> {
      const said = await askGit(directory, ['show', '--no-patch', '--format=%ct', head, '--'], environment);
      const seconds = Number(said?.trim());
      if (said !== undefined && Number.isSafeInteger(seconds) && seconds > 0) return seconds * 1000;
      throw new SheafError('SHEAF_TOOL', `git does not tell when the commit ${quote(head)} was made.`);
    },
    async message(head) {
      const format = '--format=%cn <%ce>%n%P%n%B';
      const said = await askGit(directory, ['show', '--no-patch', format, head, '--'], environment);
      const [committer, parents = '', ...lines] = said?.trimEnd().split('\n') ?? [];
      // Other messages may hold the title of a pull request, which a stranger wrote; only a merge of ours has both.
      const isOurs = committer === SHEAF_IDENTITY && parents.split(' ').length === 2;
      return isOurs ? lines.join('\n') : undefined;
    },
    async requireAfter(head, base) {
      const common = await askGit(directory, ['merge-base', base, head], environment);
      if (common?.trim() === base) return;
      throw new SheafError('SHEAF_PATH', `The commit ${head} does not come after ${base}.`, {
        hint: 'Name the commit before the merge as --base and the merge as --head.',
      });
    },
  };
}
