import { mkdir } from 'node:fs/promises';
import { SheafError } from '../../core/errors.ts';
import type { NewRepository } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { askGit, runGit } from './git-command.ts';
import { gitLocation } from './git-location.ts';
import { asSheaf } from './sheaf-identity.ts';

const BRANCH = 'main';

/** Git repositories that begin with a registry. */
export function createNewRepository(environment: Environment): NewRepository {
  return {
    async requireEmpty(directory, remote) {
      await mkdir(directory, { recursive: true });
      if ((await askGit(directory, ['rev-parse', '--verify', 'HEAD^{commit}'], environment)) !== undefined) {
        throw new SheafError('SHEAF_EXISTS', `${quote(directory)} is in a repository that has commits.`, {
          hint: 'Leave out --remote, and commit and push what is made there.',
        });
      }
      const { exitCode, stdout, stderr } = await runGit(
        directory,
        ['ls-remote', '--quiet', '--', urlOf(remote)],
        environment,
      );
      if (exitCode !== 0) throw unreachable(remote, 'read', stderr);
      if (stdout.byteLength === 0) return;
      throw new SheafError('SHEAF_EXISTS', `${remote} is not empty.`, {
        hint: 'Make a repository without a first commit, or leave out --remote and push by yourself.',
      });
    },
    async begin(directory, paths, { message, date, remote }) {
      const must = async (...args: readonly string[]): Promise<string> => {
        const own = { ...environment, ...asSheaf(date) };
        const { exitCode, stdout, stderr } = await runGit(directory, args, own);
        if (exitCode !== 0) throw unreachable(remote, args[0] ?? '', stderr);
        return new TextDecoder().decode(stdout).trim();
      };
      await must('init', '--quiet', '--template=', `--initial-branch=${BRANCH}`);
      await must('remote', 'add', 'origin', urlOf(remote));
      await must('add', '--', ...paths);
      await must('commit', '--quiet', '--no-verify', '--no-gpg-sign', `--message=${message}`);
      await must('push', '--quiet', '--no-verify', 'origin', `HEAD:refs/heads/${BRANCH}`);
      return must('rev-parse', 'HEAD');
    },
  };
}

/** The address as every directory understands it: relative paths are meant from where the person is. */
function urlOf(remote: string): string {
  return gitLocation(remote)?.url ?? remote;
}

function unreachable(remote: string, verb: string, said: string): SheafError {
  return new SheafError('SHEAF_NETWORK', `git could not ${verb} ${remote}.`, {
    hint: `If it asked for a password: make sure that "git ls-remote ${remote}" works.`,
    details: { git: quote(said) },
  });
}
