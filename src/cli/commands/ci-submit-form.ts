import { LIMITS } from '../../core/limits.ts';
import { readFormIssue } from '../../core/reviewing/forge-event.ts';
import { submitForm } from '../../ops/submissions/submit-form.ts';
import { connectForms } from '../../wiring/review-work.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const event = call.required('event');
  const repository = call.value('repository');
  const { ports, forge, files, close } = connectForms(requiredArgument(call, 0), repository, call);
  try {
    const issue = readFormIssue(await files.read(event, LIMITS.eventBytes), event);
    const submitted = await submitForm(ports, issue);
    const dispatch = call.value('dispatch');
    if (submitted.state === 'proposed' && dispatch !== undefined) {
      // What a workflow opens starts no other by itself.
      await forge.dispatch(dispatch, call.value('into') ?? 'main', {
        'pull-request': String(submitted.number),
      });
    }
    return {
      data: { issue: issue.number, ...submitted },
      lines: () =>
        submitted.state === 'refused'
          ? [submitted.because]
          : [['Proposed ', bold(`${submitted.plugin} ${submitted.version}`), `: ${submitted.url}`]],
    };
  } finally {
    await close();
  }
}
