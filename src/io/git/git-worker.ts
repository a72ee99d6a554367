import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { LIMITS } from '../../core/limits.ts';
import { type GitAnswer, type GitJob, type GitQuestion, OVER_MEMORY, OVER_TIME } from './git-messages.ts';

/**
 * The child process of the Git transport. Before its digest can be checked, a pack must be parsed, and a
 * small hostile one expands to gigabytes: so it is parsed here, while a thread of its own watches the memory of
 * the whole process and the time, and ends it beyond the bounds of its job. Nothing the process holds
 * needs saving: a clone is only ever replaced by a complete one.
 */

const WATCH_INTERVAL = 20;

/** A thread has no `process.stderr.fd`, and its stream goes through the thread that may be blocked. */
const STDERR = 2;

/** What the watch is told of the work; the time counts from the oldest question that has no answer yet. */
interface Progress {
  readonly kind: 'asked' | 'answered';
  readonly id: number;
}

if (isMainThread) serve();
else watch(workerData as GitJob);

function serve(): void {
  const job = JSON.parse(process.argv[2] ?? '{}') as GitJob;
  const thread = new Worker(fileURLToPath(import.meta.url), { workerData: job });
  const watching = new Promise<void>((resolve) => thread.once('message', () => resolve()));
  // The libraries take as long to load as the thread takes to start. No byte is read before both are there.
  const ready = Promise.all([import('./git-answers.ts'), watching]);
  const answers = ready.then(([{ createGitAnswers }]) => createGitAnswers(job));
  const tell = (progress: Progress): void => thread.postMessage(progress, []);
  const answer = async (question: GitQuestion): Promise<GitAnswer> => {
    const give = await answers;
    tell({ kind: 'asked', id: question.id });
    const given = await give(question);
    tell({ kind: 'answered', id: question.id });
    return given;
  };
  process.on('message', (question: GitQuestion) => {
    void answer(question).then((given) => process.send?.(given));
  });
  process.on('disconnect', () => process.exit());
}

function watch({ memoryBytes }: GitJob): void {
  const askedAt = new Map<number, number>();
  parentPort?.on('message', ({ kind, id }: Progress) => {
    if (kind === 'asked') askedAt.set(id, performance.now());
    else askedAt.delete(id);
  });
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes) end(OVER_MEMORY);
    const [oldest] = askedAt.values();
    if (oldest !== undefined && performance.now() - oldest > LIMITS.gitTime) end(OVER_TIME);
  }, WATCH_INTERVAL);
  parentPort?.postMessage('watching', []);
}

/** At once: an orderly exit would wait for the work that is filling the memory. */
function end(reason: string): void {
  writeSync(STDERR, `${reason}\n`);
  process.kill(process.pid, 'SIGKILL');
}
