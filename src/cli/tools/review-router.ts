import { LIMITS } from '../../core/limits.ts';
import { writeQueuePage } from '../../core/reviewing/queue-page.ts';
import { entryOf, forgeRequest, writeReviewQueue } from '../../core/reviewing/review-queue.ts';
import { reviewQueue } from '../../ops/reviews/review-queue.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { runTool } from '../run-tool.ts';

/** Judges the open submissions of a registry and says whom to ask: tools/review-router. */
export function main(): Promise<void> {
  const usage = {
    usage:
      'review-router SUBMISSIONS [--registry DIR] [--reviewers N] [--page FILE] [--pull-request N [--request github|gitlab]]',
    positionals: ['SUBMISSIONS'],
    options: ['registry', 'reviewers', 'page', 'pull-request', 'request'],
  };
  return runTool(usage, async (call) => {
    const { page, request, registry = '.', reviewers = '' } = call.values;
    const [file = ''] = call.positionals;
    const { source, files, clock } = openStandingPorts(registry, undefined, call);
    const count = /^[1-9]\d?$/.test(reviewers) ? Number(reviewers) : undefined;
    const bytes = await files.read(file, LIMITS.textFileBytes);
    const { queue, rules } = await reviewQueue(source, bytes, file, clock.now(), count);
    const { people } = rules.reviewers;
    if (page !== undefined) await files.write(page, writeQueuePage(queue));
    const id = call.values['pull-request'];
    if (id === undefined) return writeReviewQueue(queue, people);
    const entry = entryOf(queue, id);
    if (request !== undefined) return forgeRequest(entry, people, request);
    return writeReviewQueue({ ...queue, entries: [entry] }, people);
  });
}
