import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../src/core/limits.ts';
import { CONTENT_RULES } from '../src/core/submissions/content-rules.ts';
import { CHANGE_RULES } from '../src/core/submissions/rules.ts';
import { type ChangeWorld, changeWorld } from './support/change-world.ts';
import { runSheaf } from './support/run-sheaf.ts';

const page = await readFile(new URL('../docs/validation.md', import.meta.url), 'utf8');

describe('docs/validation.md', () => {
  it('lists every rule that is not about contents, in their order, with what it demands', () => {
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const contents = new Set(CONTENT_RULES.map(({ id }) => id));
    const rules = CHANGE_RULES.filter(({ id }) => !contents.has(id));
    expect(rows.map(([, id, title, waivable]) => [id, title, waivable])).toEqual([
      ['`schema`', 'Every file can be read by the strict reader of its kind.', 'no'],
      ...rules.map(({ id, title, waivable }) => [`\`${id}\``, title, waivable ? 'yes' : 'no']),
    ]);
  });

  it('gives no two rules the same name', () => {
    const ids = ['schema', ...CHANGE_RULES.map(({ id }) => id)];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('states the bounds that hold', () => {
    expect(page).toContain(`at most ${LIMITS.changedFiles.toLocaleString('en')} files`);
    expect(page).toContain(`${LIMITS.changedFileBytes / 1024} KiB`);
  });

  it('shows a command that judges a branch', async () => {
    const line = /^sheaf (check .+)$/m.exec(page)?.[1] ?? '';
    const world: ChangeWorld = await changeWorld();
    try {
      const { head } = await world.propose((registry) =>
        registry.addRelease({ name: 'graph-lens', version: '1.0.0' }),
      );
      const revisions: Readonly<Record<string, string>> = {
        '.': world.directory,
        'origin/main': 'main',
        HEAD: head,
      };
      const argv = [...line.split(' ').map((word) => revisions[word] ?? word), '--no-artifacts'];
      const { status, stdout } = await runSheaf(argv, { environment: { PATH: process.env['PATH'] } });
      expect(stdout).toContain('graph-lens 1.0.0, 4 files: no findings.');
      expect(status).toBe(0);
    } finally {
      await world.remove();
    }
  }, 60_000);
});
