import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORGE_SETUP, WORKFLOW_FILES } from '../src/core/formats/workflow-files.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { expectForm } from './support/json-output.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** `sheaf registry init --ci`: other registries run what this one runs. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const SETUP = '.github/actions/setup-sheaf/action.yml';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

const at = (...parts: readonly string[]): string => join(directory.path, ...parts);
const read = (...parts: readonly string[]): Promise<string> => readFile(join(...parts), 'utf8');

/** All files below a directory, sorted. */
async function filesBelow(root: string, path: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + (root.endsWith('/') ? 0 : 1)))
    .toSorted();
}

async function init(name: string, ...words: readonly string[]) {
  const argv = ['registry', 'init', at(name), '--json', ...words];
  const { status, stdout } = await runSheaf(argv);
  expect(status).toBe(0);
  const document = JSON.parse(stdout) as { data: { created: string[]; setup: string[] } };
  expectForm('cli-output.schema.json#/$defs/registry-init', document);
  return document.data;
}

describe('sheaf registry init --ci github', () => {
  it('writes what runs this repository, file by file, but for the way to sheaf', async () => {
    await init('ours', '--ci', 'github');
    const ours = (await filesBelow(REPOSITORY, '.github')).filter((path) => !path.endsWith('/test.yml'));
    expect(await filesBelow(at('ours'), '.github')).toEqual(ours);
    for (const path of ours.filter((path) => path !== SETUP)) {
      expect([path, await read(at('ours', path))]).toEqual([path, await read(REPOSITORY, path)]);
    }
  });

  it('lets it install exactly the version that made it', async () => {
    await init('version', '--ci', 'github');
    const { version } = JSON.parse(await read(REPOSITORY, 'package.json')) as { version: string };
    const setup = await read(at('version', SETUP));
    expect(setup).toContain(`--ignore-scripts --no-audit --no-fund sheaf@${version}\n`);
    expect(setup).not.toContain('{version}');
  });

  it('says what a person has to set, also in the README of the registry', async () => {
    const { setup } = await init('told', '--ci', 'github');
    expect(setup).toEqual(FORGE_SETUP.github);
    const readme = await read(at('told/README.md'));
    for (const step of setup) expect(readme).toContain(step);
    expect(readme).not.toContain('sheaf index sign');
    const { stdout } = await runSheaf(['registry', 'init', at('told'), '--ci', 'github']);
    expect(stdout).toContain('Then, on GitHub:');
    expect(stdout).toContain('SHEAF_CHECKPOINT_KEY');
  });
});

describe('sheaf registry init --ci gitlab', () => {
  it('writes the pipelines, with the same scripts', async () => {
    const { created } = await init('gitlab', '--ci', 'gitlab');
    expect(created.filter((path) => path.startsWith('.gitlab')).toSorted()).toEqual([
      '.gitlab-ci.yml',
      '.gitlab/publish.yml',
      '.gitlab/review.yml',
      '.gitlab/scheduled.yml',
      '.gitlab/scripts/git-credential.sh',
      '.gitlab/scripts/sign-checkpoint.sh',
      '.gitlab/scripts/site.sh',
      '.gitlab/setup-sheaf.yml',
    ]);
    for (const name of ['git-credential.sh', 'sign-checkpoint.sh', 'site.sh']) {
      expect(await read(at('gitlab/.gitlab/scripts', name))).toBe(
        await read(REPOSITORY, '.github/scripts', name),
      );
    }
    expect(await read(at('gitlab/.gitlab/setup-sheaf.yml'))).toMatch(/ sheaf@\d+\.\d+\.\d+\n/);
    expect(await read(at('gitlab/README.md'))).toContain('SHEAF_CHECKPOINT_KEY_FILE');
  });
});

it.each([[['--ci', 'none']], [[]]])('sheaf registry init %j writes no workflows', async (words) => {
  const { created, setup } = await init(`none${words.length}`, ...words);
  expect(created.filter((path) => path.startsWith('.git') && path !== '.gitattributes')).toEqual([]);
  expect(setup).toEqual([]);
});

it('sheaf index build --issued takes a time in one form, so that two builds cannot understand it differently', async () => {
  for (const time of ['yesterday', '2026-11-20', '2026-11-20T09:00:00+01:00', '2026-02-30T00:00:00Z']) {
    const argv = ['index', 'build', REPOSITORY, '--out', at('never'), '--issued', time];
    const { status, stderr } = await runSheaf(argv, { environment: { SHEAF_HOME: at('home') } });
    expect([time, status, stderr]).toEqual([time, 2, expect.stringContaining('is not a date and time')]);
  }
});

describe('docs/workflows.md', () => {
  it('shows no command that does not work', async () => {
    const page = await read(REPOSITORY, 'docs/workflows.md');
    const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const [program, ...words] = line.split(' ');
      expect(program).toBe('sheaf');
      const { status } = await runSheaf(words.map((word) => (word.endsWith('-plugins') ? at(word) : word)));
      expect([line, status]).toEqual([line, 0]);
    }
  });

  it('tells of every workflow, and of none that is not there', async () => {
    const page = await read(REPOSITORY, 'docs/workflows.md');
    const told = [...page.matchAll(/^\| `([\w-]+\.yml)` +\|/gm)].map(([, name]) => name);
    const there = WORKFLOW_FILES.github.flatMap(({ source }) => /^workflows\/(.*)$/.exec(source)?.[1] ?? []);
    expect(new Set(told)).toEqual(new Set(there));
    expect(told).toHaveLength(there.length);
  });
});
