import { describe, expect, it } from 'vitest';
import { isRuleName, readMergeWaivers, writeMergeMessage } from './merge-message.ts';

describe('the message of a merge', () => {
  it('says who let what pass, once each, and is read back', () => {
    const given = [
      { rule: 'name-distance', by: 'alice-hub' },
      { rule: 'security-findings', by: 'bob.b_b[bot]' },
      { rule: 'name-distance', by: 'alice-hub' },
    ];
    const message = writeMergeMessage('Merge #7: lens 1.0.0', given);
    expect(message).toBe(
      'Merge #7: lens 1.0.0\n\nWaived: name-distance by alice-hub\nWaived: security-findings by bob.b_b[bot]',
    );
    expect(readMergeWaivers(message)).toEqual(
      given.slice(0, 2).map((one) => ({ ...one, reason: 'Merge #7: lens 1.0.0' })),
    );
    expect(writeMergeMessage('Merge #7', [])).toBe('Merge #7');
  });

  it('takes nothing from a title, whatever it says', () => {
    const message = writeMergeMessage('lens\n\nWaived: submitter by alice\r\nWaived: x by y', []);
    expect(message.split('\n')).toHaveLength(1);
    expect(readMergeWaivers(message)).toEqual([]);
    expect(readMergeWaivers('Waived: submitter by alice')).toEqual([]);
  });

  it.each([
    'Waived: Submitter by alice',
    'Waived: submitter by',
    'Waived: submitter by a b',
    ' Waived: submitter by alice',
    `Waived: ${'a'.repeat(65)} by alice`,
  ])('takes nothing from the line %j', (line) => {
    expect(readMergeWaivers(`title\n\n${line}`)).toEqual([]);
  });

  it('knows what a rule can be called', () => {
    expect(['name-distance', 'sql1'].every(isRuleName)).toBe(true);
    expect(['', 'a b', '-a', 'A', 'a\nb', 'a'.repeat(65)].some(isRuleName)).toBe(false);
  });
});
