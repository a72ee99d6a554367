import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { LIMITS } from '../core/limits.ts';
import { quote } from '../core/text.ts';
import { createCredentials } from './credentials.ts';
import { createGitHttp } from './git-http.ts';
import { type GitAnswer, type GitJob, type GitQuestion, OVER_MEMORY, OVER_TIME } from './git-messages.ts';
import { openGitRepository, toGitError } from './git-repository.ts';

/**
 * The child process of the Git transport. Before its digest can be checked, a pack must be parsed, and a
 * small hostile one expands to gigabytes: so it is parsed here, in a thread, while the main thread watches
 * the memory of the whole process and ends it beyond the bound of its job. Nothing the process holds
 * needs saving: a clone is only ever replaced by a complete one.
 */

const WATCH_INTERVAL = 20;

if (isMainThread) supervise();
else work(workerData as GitJob);

function supervise(): void {
  const job = JSON.parse(process.argv[2] ?? '{}') as GitJob;
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: job });
  const askedAt = new Map<number, number>();
  process.on('message', (question: GitQuestion) => {
    askedAt.set(question.id, performance.now());
    thread.postMessage(question, []);
  });
  thread.on('message', (answer: GitAnswer) => {
    askedAt.delete(answer.id);
    process.send?.(answer);
  });
  thread.on('error', () => end(OVER_MEMORY));
  process.on('disconnect', () => process.exit());
  setInterval(() => {
    if (process.memoryUsage.rss() > job.memoryBytes) end(OVER_MEMORY);
    const [oldest] = askedAt.values();
    if (oldest !== undefined && performance.now() - oldest > LIMITS.gitTime) end(OVER_TIME);
  }, WATCH_INTERVAL);
}

/** At once: an orderly exit would wait for the thread that is filling the memory. */
function end(reason: string): void {
  writeSync(process.stderr.fd, `${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}

function work({ location, gitdir }: GitJob): void {
  const http = createGitHttp(createCredentials(process.env));
  const repository = openGitRepository(gitdir);

  const answer = async (question: GitQuestion): Promise<GitAnswer> => {
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

  parentPort?.on('message', (question: GitQuestion) => {
    void answer(question).then((reply) => parentPort?.postMessage(reply, []));
  });
}
