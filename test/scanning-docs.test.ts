import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { SCAN_RULES, SCAN_RULES_VERSION } from '../src/core/scanning/rules.ts';
import { POINTS } from '../src/core/scanning/score.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** What docs/scanning.md shows is true. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const page = await readFile(join(REPOSITORY, 'docs/scanning.md'), 'utf8');

it('has every rule of the table with its weight, its points, what it finds and what to do', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\w+) +\| (\d+) +\| (.+?) +\| (.+?) +\|$/gm)];
  expect(rows.map((row) => row.slice(1))).toEqual(
    SCAN_RULES.map(({ id, level, title, fix }) => [
      id,
      level,
      `${POINTS[level]}`,
      `${title.charAt(0).toUpperCase()}${title.slice(1)}.`,
      fix,
    ]),
  );
  expect(page).toContain(`This is version ${SCAN_RULES_VERSION}.`);
});

it('shows commands that scan a plugin, and options that there are', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const at = (path: string): string => join(directory.path, path);
  await cp(join(REPOSITORY, 'examples/plugins/focus-context'), at('graph-lens'), { recursive: true });
  await cp(join(REPOSITORY, 'registry/security'), at('registry/security'), { recursive: true });
  const block = /^```sh\n(.*?)^```/ms.exec(page)?.[1] ?? '';
  const lines = block.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) {
    const [program, ...words] = line.split(' ');
    expect(program).toBe('sheaf');
    const argv = words.map((word) => (/[/.]|^graph/.test(word) ? at(word) : word));
    const { status, stdout, stderr } = await runSheaf(argv);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('100 of 100');
  }
  for (const file of ['scan.sarif', 'scan.json', 'scan.md'])
    expect((await readFile(at(file))).byteLength).toBeGreaterThan(0);
  const help = (await runSheaf(['help', 'scan'])).stdout;
  for (const [option] of page.matchAll(/--[a-z][a-z0-9-]*/g)) expect(help, option).toContain(option);
});
