import { parentPort, workerData } from 'node:worker_threads';
import { quote } from '../core/text.ts';
import { createCredentials } from './credentials.ts';
import { createGitHttp } from './git-http.ts';
import type { GitAnswer, GitJob, GitQuestion } from './git-messages.ts';
import { openGitRepository, toGitError } from './git-repository.ts';

/** The thread of the Git child process that fetches and reads; git-worker.ts watches it. */

const { location, gitdir } = workerData as GitJob;
const http = createGitHttp(createCredentials(process.env), location.branch);
const repository = openGitRepository(gitdir);

async function answer(question: GitQuestion): Promise<GitAnswer> {
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
}

parentPort?.on('message', (question: GitQuestion) => {
  void answer(question).then((reply) => parentPort?.postMessage(reply, []));
});
