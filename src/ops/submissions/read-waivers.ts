import type { Instant } from '../../core/instant.ts';
import type { Clock } from '../../core/ports.ts';
import type { ForgeReviews, OpenChange } from '../../core/review-ports.ts';
import { type GivenWaiver, isRuleName } from '../../core/reviewing/merge-message.ts';
import { continueRecord, RECORD_MARKER, readRecord } from '../../core/reviewing/submission-record.ts';
import { WAIVER_PREFIX } from '../../core/reviewing/submission-report.ts';
import { SCHEMA_RULE } from '../../core/submissions/read-files.ts';
import { CHANGE_RULES } from '../../core/submissions/rules.ts';
import { quote } from '../../core/text.ts';

/** What labels let pass. */
export interface Waivers {
  /** Rules of the validator. */
  readonly rules: readonly string[];
  /** Other names: those of rules of the scan. */
  readonly others: readonly string[];
  /** All of them, each with the account that set the label. */
  readonly given: readonly GivenWaiver[];
  /** Why a label does not count, one sentence each. */
  readonly ignored: readonly string[];
}

/**
 * Reads what maintainers let pass by labels `waive:RULE`. What was let pass was let pass for the commit that was there
 * then.
 *
 * @param since when the workflow first saw the commit that is up for review.
 */
export async function readWaivers(forge: ForgeReviews, change: OpenChange, since: Instant): Promise<Waivers> {
  const given: GivenWaiver[] = [];
  const ignored: string[] = [];
  const labels = change.labels.some(isWaiver) ? await forge.labels(change.number) : [];
  for (const { name, by, date, byMaintainer } of labels) {
    if (!isWaiver(name) || !change.labels.includes(name)) continue;
    const id = name.slice(WAIVER_PREFIX.length);
    const ignore = (because: string): number => ignored.push(`${quote(name)}: ${because}`);
    if (!byMaintainer) ignore(`${quote(by.login)}, who set it, may not push to this registry.`);
    else if (date < since) ignore('it was set before this commit was seen; set it again.');
    else if (!isRuleName(id)) ignore('no rule has that name.');
    else if (id === SCHEMA_RULE || ruleOf(id)?.waivable === false) ignore('nobody may waive this rule.');
    else given.push({ rule: id, by: by.login });
  }
  const ids = given.map(({ rule }) => rule);
  return {
    rules: ids.filter((id) => ruleOf(id) !== undefined),
    others: ids.filter((id) => ruleOf(id) === undefined),
    given,
    ignored,
  };
}

/** The same of a pull request by its number, for whoever does no more than to judge one of its commits. */
export async function readWaiversOf(
  { forge, clock }: { readonly forge: ForgeReviews; readonly clock: Clock },
  number: number,
  head: string,
): Promise<Waivers> {
  const change = await forge.change(number);
  if (change?.head !== head) return { rules: [], others: [], given: [], ignored: [] };
  const comment = await forge.ownComment(number, RECORD_MARKER);
  const { since } = continueRecord(comment && readRecord(comment.body), head, clock.now());
  return readWaivers(forge, change, since);
}

function isWaiver(label: string): boolean {
  return label.startsWith(WAIVER_PREFIX);
}

function ruleOf(id: string): (typeof CHANGE_RULES)[number] | undefined {
  return CHANGE_RULES.find((rule) => rule.id === id);
}
