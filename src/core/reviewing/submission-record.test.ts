import { describe, expect, it } from 'vitest';
import { OPENED } from '../../../test/support/submissions.ts';
import { HOUR } from '../instant.ts';
import {
  continueRecord,
  RECORD_MARKER,
  readRecord,
  type SubmissionRecord,
  writeRecord,
} from './submission-record.ts';

const RECORD: SubmissionRecord = {
  head: 'a'.repeat(40),
  since: OPENED,
  asked: { dana: OPENED },
  reminded: { dana: OPENED + HOUR },
  measured: 'passed',
  figures: ['Own tests: passed. --> <b>\n@everybody'],
  findings: [{ rule: 'eval', severity: 'low' }],
};

describe('what a workflow remembers of a pull request', () => {
  it('is one line that a comment begins with, and nothing in it ends that line', () => {
    const line = writeRecord(RECORD);
    expect(line.startsWith(RECORD_MARKER)).toBe(true);
    expect(line).not.toContain('\n');
    expect(line.match(/-->/g)).toHaveLength(1);
    expect(readRecord(`${line}\n### more`)).toEqual(RECORD);
  });

  it.each([
    ['nothing', ''],
    ['a record in the middle', `x\n${writeRecord(RECORD)}`],
    ['no JSON', `${RECORD_MARKER}{ -->`],
    ['a date that no calendar has', writeRecord(RECORD).replace('11-02T09', '13-02T09')],
    ['another measure', writeRecord(RECORD).replace('"passed"', '"great"')],
    ['another severity', writeRecord(RECORD).replace('"low"', '"lowest"')],
    ['a list of who was asked', writeRecord(RECORD).replace(/"asked":\{[^}]*\}/, '"asked":["dana"]')],
    ['figures that are no text', writeRecord(RECORD).replace(/"figures":\[[^\]]*\]/, '"figures":[1]')],
  ])('is not read from %s', (_, body) => {
    expect(readRecord(body)).toBeUndefined();
  });

  it('starts its clock anew for another commit, and forgets what was measured', () => {
    const now = OPENED + 5 * HOUR;
    expect(continueRecord(RECORD, RECORD.head, now)).toBe(RECORD);
    expect(continueRecord(RECORD, 'b'.repeat(40), now)).toEqual({
      head: 'b'.repeat(40),
      since: now,
      asked: RECORD.asked,
      reminded: RECORD.reminded,
      measured: 'none',
      figures: [],
      findings: [],
    });
    expect(continueRecord(undefined, RECORD.head, now)).toMatchObject({ since: now, asked: {} });
  });
});
