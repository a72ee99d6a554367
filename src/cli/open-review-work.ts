import { SheafError } from '../core/errors.ts';
import { quote } from '../core/text.ts';
import { type ConnectedReviewWork, connectReviewWork, type ReviewPlace } from '../wiring/review-work.ts';
import type { Call } from './call.ts';

/** Connects a clone of a registry with its forge, as the options of a command say. */
export function openReviewWork(call: Call, directory: string): ConnectedReviewWork {
  return connectReviewWork(
    reviewPlace(call, directory),
    {
      forge: call.required('forge'),
      repository: call.value('repository'),
      artifacts: call.flag('no-artifacts') ? false : { allowNetworks: call.values('allow-network') },
    },
    call,
  );
}

/** The clone, its remote and its branch. */
export function reviewPlace(call: Call, directory: string): ReviewPlace {
  const into = call.value('into') ?? 'main';
  // git-check-ref-format(1), narrowed to what branches are ever called.
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/.test(into) || /\.\.|\/\/|\/$|\.$|\.lock$|\/\./.test(into)) {
    throw new SheafError('SHEAF_USAGE', `--into ${quote(into)} is not the name of a branch.`, {
      hint: 'Write it without refs/heads/.',
    });
  }
  return { directory, remote: call.value('remote') ?? 'origin', into };
}
