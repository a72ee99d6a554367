import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { BADGE_MEANINGS } from '../src/core/badges.ts';
import { bayesianRating } from '../src/core/reviewing/rating.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** What docs/reviewing.md, governance.md, moderation.md and non-goals.md show is true. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const PAGES = ['reviewing', 'governance', 'moderation', 'non-goals'];

const page = (name: string): Promise<string> => readFile(join(REPOSITORY, `docs/${name}.md`), 'utf8');

async function commandsOf(name: string): Promise<readonly string[]> {
  const blocks = [...(await page(name)).matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1] ?? '');
  return blocks.flatMap((block) => block.trimEnd().split('\n'));
}

it('shows commands that do what is said, in a checkout of the registry of this repository', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  for (const part of ['registry', 'plugins']) {
    await cp(join(REPOSITORY, part), join(directory.path, part), { recursive: true });
  }
  const said = new Map<string, string>();
  for (const line of (await Promise.all(PAGES.map(commandsOf))).flat()) {
    const [program, ...words] = [...line.matchAll(/"([^"]*)"|\S+/g)].map((match) => match[1] ?? match[0]);
    expect(program).toBe('sheaf');
    const here = words.map((word) => word.replace('../keys/', join(REPOSITORY, 'examples/keys/')));
    const checkout = line.includes('collection') ? [] : ['--registry', directory.path];
    const environment = { SHEAF_HOME: join(directory.path, 'home'), PATH: process.env['PATH'] };
    const { status, stdout, stderr } = await runSheaf([...here, ...checkout], { environment });
    // The plugin of the example has one review of three.
    expect(status, `${line}\n${stderr}`).toBe(line.includes('--to native') ? 9 : 0);
    said.set(line, stdout);
  }
  expect(said.size).toBe(6);
  expect([...said.values()].join('')).toMatch(/1 missing|2 missing/);
  expect([...said.values()].join('')).toContain('waits for signatures');
});

it('gives the formula of the rating with its numbers', async () => {
  const text = await page('reviewing');
  expect(text).toContain(`One enthusiast makes ${bayesianRating([5])?.rating}`);
  expect(text).toContain(`three make ${bayesianRating([5, 5, 5])?.rating}`);
});

it('gives every badge the meaning that decides it', async () => {
  const rows = [...(await page('reviewing')).matchAll(/^\| `(\w+)` +\| (\S.*\.) +\|$/gm)];
  expect(Object.fromEntries(rows.map((row) => [row[1], row[2]]))).toEqual(BADGE_MEANINGS);
});

it.each(PAGES)('docs/%s.md links to what is there', async (name) => {
  const links = [...(await page(name)).matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
  for (const link of links) {
    const path = fileURLToPath(new URL(link, new URL(`../docs/${name}.md`, import.meta.url)));
    await expect(stat(path), link).resolves.toBeDefined();
  }
});
