import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { writeQueuePage } from '../../core/reviewing/queue-page.ts';
import {
  entryOf,
  forgeRequest,
  queueDocument,
  type ReviewQueue,
  writeReviewQueue,
} from '../../core/reviewing/review-queue.ts';
import { reviewQueue } from '../../ops/reviews/review-queue.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { queueLines } from '../render/queue.ts';

export async function run(call: Call): Promise<Outcome> {
  const { source, files, clock } = openStandingPorts(call.value('registry') ?? '.', undefined, call);
  const file = requiredArgument(call, 0);
  const bytes = await files.read(file, LIMITS.textFileBytes);
  const reviewers = call.value('reviewers');
  const count = reviewers === undefined ? undefined : Number(reviewers);
  const { queue, rules } = await reviewQueue(source, bytes, file, clock.now(), count);
  const [page, out, id] = [call.value('page'), call.value('out'), call.value('pull-request')];
  if (page !== undefined) await files.write(page, writeQueuePage(queue));
  const answer: ReviewQueue = id === undefined ? queue : { ...queue, entries: [entryOf(queue, id)] };
  const { people } = rules.reviewers;
  if (out !== undefined) await files.write(out, writeReviewQueue(answer, people));
  return { data: queueDocument(answer, people), lines: requestLines(call, answer, people) };
}

/** The request as the forge takes it, where that was asked for, else the queue for people. */
function requestLines(
  call: Call,
  answer: ReviewQueue,
  people: Parameters<typeof forgeRequest>[1],
): Outcome['lines'] {
  const forge = call.value('request');
  if (forge === undefined) return () => queueLines(answer, call.columns);
  const [entry] = answer.entries;
  if (entry === undefined || call.value('pull-request') === undefined) {
    throw new SheafError('SHEAF_USAGE', '--request is about one pull request.', {
      hint: 'Add --pull-request N.',
    });
  }
  const body = forgeRequest(entry, people, forge);
  return () => [body];
}
