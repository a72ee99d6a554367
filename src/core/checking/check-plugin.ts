import type { Finding } from '../finding.ts';
import type { CheckRule, CheckSubject } from './check-rule.ts';
import { artifact } from './rules/artifact.ts';
import { cleanText } from './rules/clean-text.ts';
import { described } from './rules/described.ts';
import { entry } from './rules/entry.ts';
import { limits } from './rules/limits.ts';
import { ranges } from './rules/ranges.ts';
import { requiredFiles } from './rules/required-files.ts';
import { tests } from './rules/tests.ts';

/** What a plugin has to fulfil beyond a manifest that can be read, in the order in which it is reported. */
export const CHECK_RULES: readonly CheckRule[] = [
  requiredFiles,
  described,
  entry,
  cleanText,
  limits,
  ranges,
  artifact,
  tests,
];

/**
 * Everything that is wrong with a plugin, all at once.
 *
 * @param pathOf names a file of the plugin in the findings.
 */
export function checkPlugin(subject: CheckSubject, pathOf: (path: string) => string): readonly Finding[] {
  const faults = CHECK_RULES.flatMap(({ id, check }) =>
    check(subject).map(
      ({ severity, path, line, message, fix }): Finding => ({
        rule: id,
        severity,
        place: { file: pathOf(path), ...(line === undefined ? {} : { line }) },
        message,
        fix,
      }),
    ),
  );
  return [...faults, ...subject.suites.findings];
}
