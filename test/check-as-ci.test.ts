import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { type BuiltTools, buildTools } from './support/built-tool.ts';
import { type ChangeWorld, changeWorld, type Proposed } from './support/change-world.ts';
import { expectForm } from './support/json-output.ts';
import { type RunResult, runSheaf } from './support/run-sheaf.ts';

/** `sheaf check --as-ci` as a workflow runs it: words in, exit status, text and files out. */

const FILE = 'plugins/integrations/gr/graph-lens/1.1.0.toml.sig';
const TITLE = 'Everything is signed by a key';

let world: ChangeWorld;
let tools: BuiltTools;
let scratch: TemporaryDirectory;
let good: Proposed;
let faulty: Proposed;
let slip: Proposed;

beforeAll(async () => {
  [scratch, tools] = await Promise.all([temporaryDirectory(), buildTools(['plugin-validator'])]);
  world = await changeWorld((registry) => {
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    registry.addRelease({ name: 'telescope', version: '1.0.0' }, 'rival');
  });
  good = await world.propose((registry) => registry.addRelease({ name: 'graph-lens', version: '1.1.0' }));
  faulty = await world.propose((registry) =>
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' }, 'author', 'rival'),
  );
  slip = await world.propose((registry) => registry.addRelease({ name: 'telescop', version: '1.0.0' }));
}, 120_000);
afterAll(async () => {
  await Promise.all([world.remove(), tools.remove(), scratch.remove()]);
});

const check = (words: readonly string[], environment: Record<string, string> = {}): Promise<RunResult> =>
  runSheaf(['check', world.directory, ...words], {
    environment: { PATH: process.env['PATH'], ...environment },
  });
const between = ({ base, head }: Proposed): readonly string[] => [
  '--base',
  base,
  '--head',
  head,
  '--no-artifacts',
];
const judge = (proposed: Proposed, ...words: readonly string[]): Promise<RunResult> =>
  check(['--as-ci', ...between(proposed), ...words]);

describe('a judged change', () => {
  it('ends with 0 and says what passed', async () => {
    expect(await judge(good)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('graph-lens 1.1.0, 2 files: no findings.') as string,
      stderr: '',
    });
  });

  it('ends with 1, names rule and place, and is the same document for machines', async () => {
    const { status, stdout } = await judge(faulty);
    expect(status).toBe(1);
    expect(stdout).toContain(FILE);
    const machine = await judge(faulty, '--json');
    expect(machine).toMatchObject({ status: 1, stderr: '' });
    const document = JSON.parse(machine.stdout) as object;
    expectForm('cli-output.schema.json#/$defs/check', document);
    expect(document).toMatchObject({
      data: { passed: false, purpose: 'release', findings: [{ rule: 'signatures', place: { file: FILE } }] },
    });
  });

  it('passes by a waiver, lists what was waived, and says which waivers do nothing', async () => {
    expect((await judge(slip)).status).toBe(1);
    const waived = await judge(slip, '--waive', 'name-distance', '--waive', 'signatures');
    expect(waived).toMatchObject({ status: 0, stderr: '' });
    expect(waived.stdout).toContain('waived (name-distance): telescop could be mistaken for telescope');
    expect(waived.stdout).toContain('The rule signatures cannot be waived.');
    const document = JSON.parse((await judge(slip, '--waive', 'name-distance', '--json')).stdout) as object;
    expectForm('cli-output.schema.json#/$defs/check', document);
    expect(document).toMatchObject({ data: { passed: true, waived: [{ rule: 'name-distance' }] } });
  });

  it('is written for a job of GitHub, for code scanning and for GitLab, though it does not pass', async () => {
    const at = (name: string): string => join(scratch.path, name);
    await mkdir(scratch.path, { recursive: true });
    const outputs = ['--sarif', at('a.sarif'), '--code-quality', at('a.json')];
    const job = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('a.md') };
    const { status, stdout } = await check(['--as-ci', ...between(faulty), ...outputs], job);
    expect(status).toBe(1);
    expect(stdout).toMatch(new RegExp(`^::error file=${FILE.replaceAll('.', '\\.')}`, 'm'));
    const sarif = JSON.parse(await readFile(at('a.sarif'), 'utf8')) as object;
    expect(sarif).toMatchObject({
      runs: [
        {
          results: [
            {
              ruleId: 'signatures',
              locations: [{ physicalLocation: { artifactLocation: { uri: FILE } } }],
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(sarif)).toContain(TITLE);
    const quality = JSON.parse(await readFile(at('a.json'), 'utf8')) as object;
    expect(quality).toMatchObject([{ check_name: 'signatures', location: { path: FILE } }]);
    expect(await readFile(at('a.md'), 'utf8')).toContain('signatures');
  });
});

describe('a command line that is wrong', () => {
  const AS_CI = ['--as-ci', '--base', 'main', '--head', 'main'];

  it.each([
    [['--as-ci'], '--as-ci needs --base.'],
    [['--as-ci', '--base', 'main'], '--as-ci needs --head.'],
    [[...AS_CI, '--submitter', 'github:contributor'], '"github:contributor" names no account.'],
    [[...AS_CI, '--submitter', 'github:0:x'], 'names no account.'],
    [[...AS_CI, '--submitter', 'sourcehut:1:x'], 'names no account.'],
    [[...AS_CI, '--waive', 'name-distanc'], 'Did you mean name-distance?'],
    [[...AS_CI, '--allow-network', 'everything'], '"everything"'],
    [[...AS_CI, '--base', '--head'], '--base'],
    [['--base', 'main'], '--base means nothing without --as-ci.'],
    [['--head', 'main'], '--head means nothing without --as-ci.'],
    [['--submitter', 'github:1:x'], '--submitter means nothing without --as-ci.'],
    [['--waive', 'licence'], '--waive means nothing without --as-ci.'],
    [['--allow-network', '10.0.0.0/8'], '--allow-network means nothing without --as-ci.'],
    [['--no-artifacts'], '--no-artifacts means nothing without --as-ci.'],
  ])('ends with 2 and one sentence: %j', async (words, sentence) => {
    const { status, stdout, stderr } = await check(words);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(sentence) as string,
    });
  });

  it.each(['nowhere', '--upload-pack=x', 'main:registry', '0'.repeat(40)])(
    'names no commit that there is: %s',
    async (revision) => {
      const { status, stdout, stderr } = await check(['--as-ci', `--base=${revision}`, '--head', 'main']);
      expect({ status, stdout }).toEqual({ status: 6, stdout: '' });
      expect(stderr).toContain(revision);
    },
  );
});

describe('tools/plugin-validator', () => {
  it('is the same command, with the same ends', async () => {
    const run = (...words: readonly string[]) =>
      tools.run('plugin-validator', [world.directory, ...words], {
        GITHUB_ACTIONS: '',
        GITHUB_STEP_SUMMARY: '',
      });
    expect(await run(...between(good))).toMatchObject({ status: 0, stderr: '' });
    const failed = await run(...between(faulty), '--json');
    expect(failed.status).toBe(1);
    expect(JSON.parse(failed.stdout)).toEqual(JSON.parse((await judge(faulty, '--json')).stdout));
    expect(await run('--head', good.head)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--as-ci needs --base.') as string,
    });
  }, 60_000);
});
