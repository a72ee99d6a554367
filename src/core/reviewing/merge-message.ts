import type { Waiver } from '../formats/audit-file.ts';

/** A rule that a maintainer let pass, and the account that did. */
export type GivenWaiver = Pick<Waiver, 'rule' | 'by'>;

/** What rules are called, of the validator as of the scan. */
const RULE = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const TRAILER = /^Waived: ([a-z0-9-]{1,64}) by (\S{1,100})$/;

/** Whether a rule could have that name, so that a message can hold it. */
export function isRuleName(text: string): boolean {
  return text.length <= 64 && RULE.test(text);
}

/**
 * The message of a merge: a title, and below it what maintainers let pass, as git-interpret-trailers(1) has it. So the
 * history of the registry says who waived what, and the job that records facts needs nobody else's word.
 */
export function writeMergeMessage(title: string, waivers: readonly GivenWaiver[]): string {
  // A title of two lines could say what nobody did.
  const lines = [title.replaceAll(/\s+/g, ' ').trim()];
  const trailers = new Set(waivers.map(({ rule, by }) => `Waived: ${rule} by ${by}`));
  if (trailers.size > 0) lines.push('', ...trailers);
  return lines.join('\n');
}

/** What was let pass, of a message as {@link writeMergeMessage} writes it. */
export function readMergeWaivers(message: string): readonly Waiver[] {
  const [title = '', ...lines] = message.split('\n');
  return lines.flatMap((line) => {
    const [, rule, by] = TRAILER.exec(line) ?? [];
    return rule === undefined || by === undefined ? [] : [{ rule, by, reason: title }];
  });
}
