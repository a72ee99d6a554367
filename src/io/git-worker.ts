import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker } from 'node:worker_threads';
import { LIMITS } from '../core/limits.ts';
import { type GitAnswer, type GitJob, type GitQuestion, OVER_MEMORY, OVER_TIME } from './git-messages.ts';

/**
 * The child process of the Git transport. Before its digest can be checked, a pack must be parsed, and a
 * small hostile one expands to gigabytes: so it is parsed here, in a thread, while the main thread watches
 * the memory of the whole process and ends it beyond the bound of its job. Nothing the process holds
 * needs saving: a clone is only ever replaced by a complete one.
 */

const WATCH_INTERVAL = 20;

if (isMainThread) supervise();
// Loaded by the thread alone: the libraries take longer to load than a small fetch takes, and the watch needs none.
else await import('./git-worker-thread.ts');

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
