import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../src/core/limits.ts';
import { CONTENT_RULES } from '../src/core/submissions/content-rules.ts';

const page = await readFile(new URL('../docs/release-checks.md', import.meta.url), 'utf8');

/** Cells of the rows of its table, without the padding. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/release-checks.md', () => {
  it('lists every rule about contents, in their order, with what it demands', () => {
    expect(rows.map(([, id, title, waivable]) => [id, title, waivable])).toEqual(
      CONTENT_RULES.map(({ id, title, waivable }) => [`\`${id}\``, title, waivable ? 'yes' : 'no']),
    );
  });

  it('states the bounds that hold', () => {
    expect(page).toContain(`at most ${LIMITS.examinedBytes / 1_048_576} MiB of them`);
    expect(page).toContain('within ten minutes');
    expect(LIMITS.examinationTime).toBe(10 * 60_000);
    expect(page).toContain('at most five redirects');
    expect(LIMITS.redirects).toBe(5);
  });
});
