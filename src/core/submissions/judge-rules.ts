import { closest } from '../did-you-mean.ts';
import { SheafError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { quote } from '../text.ts';
import type { Change } from './change.ts';
import type { ChangeRule } from './change-rule.ts';
import { readChangedFiles, SCHEMA_RULE } from './read-files.ts';
import { CHANGE_RULES } from './rules.ts';

/** What the rules find, and what of it maintainers let pass. */
export interface RuleVerdict {
  /** Whether no error is left. */
  readonly passed: boolean;
  readonly findings: readonly Finding[];
  /** What maintainers let pass. */
  readonly waived: readonly Finding[];
  /** Waivers of rules that nobody may waive. */
  readonly refused: readonly string[];
}

/**
 * Judges a change by all rules at once.
 *
 * @param waive ids of rules whose faults a maintainer lets pass.
 * @throws SheafError `SHEAF_USAGE` for a waiver of no rule: the maintainer would believe that it works.
 */
export async function judgeChangeRules(change: Change, waive: readonly string[]): Promise<RuleVerdict> {
  const granted = waivable(waive);
  const all: readonly Finding[] = [
    ...readChangedFiles(change),
    ...(await Promise.all(CHANGE_RULES.map((rule) => findingsOf(rule, change)))).flat(),
  ];
  const isWaived = ({ rule }: Finding): boolean => granted.has(rule);
  const findings = all.filter((finding) => !isWaived(finding));
  return {
    passed: findings.every(({ severity }) => severity !== 'error'),
    findings,
    waived: all.filter(isWaived),
    refused: waive.filter((id) => !granted.has(id)),
  };
}

async function findingsOf({ id, judge }: ChangeRule, change: Change): Promise<readonly Finding[]> {
  return (await judge(change)).map((fault): Finding => ({ rule: id, ...fault }));
}

function waivable(waive: readonly string[]): ReadonlySet<string> {
  const ids = [SCHEMA_RULE, ...CHANGE_RULES.map(({ id }) => id)];
  for (const id of waive) {
    if (ids.includes(id)) continue;
    const meant = closest(id, ids);
    throw new SheafError('SHEAF_USAGE', `There is no rule ${quote(id)} to waive.`, {
      hint: meant === undefined ? 'docs/validation.md lists all rules.' : `Did you mean ${meant}?`,
    });
  }
  return new Set(CHANGE_RULES.flatMap(({ id, waivable }) => (waivable && waive.includes(id) ? [id] : [])));
}
