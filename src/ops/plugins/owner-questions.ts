import { SheafError } from '../../core/errors.ts';
import type { ClientPolicy } from '../../core/formats/client-policy.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { OwnerChange } from '../../core/trust/release-trust.ts';

/** Whether a person agrees to a change of owner or of their keys, in one registry. */
export type OwnerQuestions = (registry: string, change: OwnerChange) => Promise<boolean>;

/**
 * Asks about each change once, one after the other, however many plugins it concerns and however many are verified
 * at the same time. A policy of `refuse` answers for everybody; where nobody can be asked the answer is no, and the
 * refusal that follows names the option.
 */
export function createOwnerQuestions(
  { prompt, reporter }: Pick<ClientPorts, 'prompt' | 'reporter'>,
  policy: Pick<ClientPolicy, 'onKeyChange'>,
  options: { readonly acceptOwnerChange?: boolean },
): OwnerQuestions {
  const answers = new Map<string, Promise<boolean>>();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (change: OwnerChange): Promise<boolean> => {
    reporter.note(sentenceOf(change));
    if (policy.onKeyChange === 'refuse') {
      reporter.note('The policy on_key_change = "refuse" answers no.');
      return false;
    }
    if (options.acceptOwnerChange === true) return true;
    return prompt.confirm(questionOf(change), '--accept-owner-change').catch((error: unknown) => {
      if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') return false;
      throw error;
    });
  };
  return (registry, change) => {
    const key = JSON.stringify([registry, change]);
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = last.then(() => ask(change));
    last = answer.catch(() => undefined);
    answers.set(key, answer);
    return answer;
  };
}

function sentenceOf(change: OwnerChange): string {
  return change.kind === 'transfer'
    ? `${change.from} handed ${change.plugin} over to ${change.to}; both signed that.`
    : `The registry replaced the keys of ${change.owner}, who lost theirs.`;
}

function questionOf(change: OwnerChange): string {
  return change.kind === 'transfer'
    ? `Trust ${change.to} with ${change.plugin} from now on?`
    : `Trust the new keys of ${change.owner}? Ask ${change.owner} elsewhere whether that is right.`;
}
