import { writeSubmissionsFile } from '../../core/formats/submissions-file.ts';
import { writeQueuePage } from '../../core/reviewing/queue-page.ts';
import { writeReviewQueue } from '../../core/reviewing/review-queue.ts';
import { runQueue } from '../../ops/submissions/run-queue.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { openReviewWork } from '../open-review-work.ts';
import { type Line, yellow } from '../render/line.ts';
import { queueLines } from '../render/queue.ts';

export async function run(call: Call): Promise<Outcome> {
  const { ports, files, close } = openReviewWork(call, requiredArgument(call, 0));
  try {
    const dispatch = call.value('dispatch');
    const { registry, submissions, queue, rules, reported, reminded, problems } = await runQueue(ports, {
      measurement: { kind: call.flag('unmeasured') ? 'unused' : 'remembered' },
      merge: call.flag('merge'),
      dryRun: call.flag('dry-run'),
      ...(dispatch === undefined ? {} : { dispatch }),
    });
    const out = call.required('out');
    await files.write(`${out}/submissions.json`, writeSubmissionsFile({ registry, submissions }));
    await files.write(`${out}/queue.json`, writeReviewQueue(queue, rules.reviewers.people));
    await files.write(`${out}/index.html`, writeQueuePage(queue));
    return {
      data: { registry, reported, reminded, problems, path: out },
      lines: (): readonly Line[] => [
        ...queueLines(queue, call.columns),
        ...problems.map(({ number, problem }): Line => [yellow(`Pull request ${number}: `), problem]),
      ],
    };
  } finally {
    await close();
  }
}
