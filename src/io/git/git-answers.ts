import { quote } from '../../core/text.ts';
import { createCredentials } from '../http/credentials.ts';
import { createGitHttp } from './git-http.ts';
import type { GitAnswer, GitJob, GitQuestion } from './git-messages.ts';
import { openGitRepository, toGitError } from './git-repository.ts';

/** Creates what fetches and reads in the Git child process; git-worker.ts watches it. A refusal is an answer, too. */
export function createGitAnswers({
  location,
  gitdir,
}: GitJob): (question: GitQuestion) => Promise<GitAnswer> {
  const http = createGitHttp(createCredentials(process.env), location.branch);
  const repository = openGitRepository(gitdir);
  return async (question) => {
    const { id } = question;
    try {
      if (question.kind === 'fetch') await repository.fetch(location, http);
      if (question.kind === 'reopen') repository.reopen();
      const file =
        question.kind === 'read'
          ? await repository.read(location.branch, question.path, question.maxBytes)
          : undefined;
      return { id, bytesReceived: http.bytesReceived, ...(file === undefined ? {} : { file }) };
    } catch (error) {
      const { code, message, hint, cause } = toGitError(error, location);
      const git = cause instanceof Error ? quote(cause.message) : undefined;
      return { id, bytesReceived: http.bytesReceived, error: { code, message, hint, git } };
    }
  };
}
