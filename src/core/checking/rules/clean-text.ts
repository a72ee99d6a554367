import { hiddenText } from '../../scanning/rules/hidden-text.ts';
import { scanSubject } from '../../scanning/subject.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** No file that people read holds characters that they cannot see. */
export const cleanText: CheckRule = {
  id: 'clean-text',
  title: 'no file that people read holds characters that hide or reorder text',
  check: ({ manifest, files }) =>
    hiddenText.find(scanSubject(manifest, files)).map(
      ({ path, line, message }): CheckFault => ({
        severity: 'error',
        path,
        ...(line === undefined ? {} : { line }),
        message,
        fix: hiddenText.fix,
      }),
    ),
};
