import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../../../src/testkit/index.ts';
import { type ServedProject, serveProject } from '../gitlab/serve-project.ts';
import { git } from '../index-branch.ts';
import { holds, isChanged } from './gitlab-condition.ts';
import { readPipeline } from './gitlab-file.ts';
import type { GitlabWorld, PipelineEvent, ProjectVariable } from './gitlab-world.ts';
import { type PipelineRun, runPipeline } from './run-pipeline.ts';

/** The executor of pipelines, which must not be kinder than GitLab. */

const TOP =
  'stages: [one, two]\nworkflow:\n  rules:\n    - if: $CI\nvariables:\n  GIT_DEPTH: 0\n  GIT_STRATEGY: clone\n';

let project: ServedProject;
let directory: TemporaryDirectory;
beforeEach(async () => {
  [project, directory] = [await serveProject(), await temporaryDirectory()];
});
afterEach(async () => {
  await project.close();
  await directory.remove();
});

/** Runs a pipeline with this file, of a push to `main` unless said otherwise. */
async function run(
  jobs: string,
  { event, variables = [] }: { event?: Partial<PipelineEvent>; variables?: readonly ProjectVariable[] } = {},
): Promise<PipelineRun> {
  const checkout = join(directory.path, 'checkout');
  await mkdir(checkout);
  await git(checkout, 'init', '--quiet', '--initial-branch=main');
  await writeFile(join(checkout, '.gitlab-ci.yml'), `${TOP}${jobs}`);
  await git(checkout, 'add', '--all');
  await git(checkout, 'commit', '--quiet', '--message=x');
  const address = `${project.url}.git`.replace('://', `://x:${project.member('alice', 40).token}@`);
  await git(checkout, 'push', '--quiet', address, 'HEAD:main');
  const sha = (await project.head('main'))!;
  const world: GitlabWorld = {
    url: project.url,
    api: project.gitlab.api,
    path: 'acme/plugins',
    defaultBranch: 'main',
    bare: project.bare,
    directory: join(directory.path, 'runner'),
    variables,
    protectedBranches: new Set(['main']),
    protectedEnvironments: new Set(['publish']),
    jobToken(job) {
      project.readers.add(`token-of-${job}`);
      return `token-of-${job}`;
    },
  };
  const push = { source: 'push', branch: 'main', sha, before: '0'.repeat(40) };
  return runPipeline({ ...push, ...event } as PipelineEvent, world);
}

const MERGE_REQUEST: Partial<PipelineEvent> = { source: 'merge_request_event', iid: 1 };

const resultsOf = ({ jobs }: PipelineRun): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(jobs).map(([name, { result }]) => [name, result]));

describe('a pipeline', () => {
  it('gives a job what a runner gives and what is declared, and nothing of this process', async () => {
    process.env['SHEAF_TEST_LEAK'] = 'leaked';
    try {
      const { jobs } = await run(
        'a:\n  stage: one\n  variables:\n    OWN: x-$CI_PROJECT_PATH\n  script: [env]\n',
      );
      const output = jobs['a']?.output ?? '';
      const names = [...output.matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
      expect(output).toContain('OWN=x-acme/plugins\n');
      const foreign = names.filter(
        (name) =>
          !/^(CI$|CI_|GITLAB_CI$|GIT_DEPTH$|GIT_STRATEGY$|OWN$|LANG$|HOME$|PATH$|PWD$|SHLVL$|_$)/.test(name),
      );
      expect(foreign).toEqual([]);
    } finally {
      delete process.env['SHEAF_TEST_LEAK'];
    }
  });

  it('runs stages one after the other, skips what comes after a failure, and lets pass what is allowed to fail', async () => {
    const done = await run(`late:
  stage: two
  script: [echo late]
broken:
  stage: one
  script: ["false | true", echo unreached]
tolerated:
  stage: one
  allow_failure: true
  script: ["false"]
after:
  stage: two
  needs: [tolerated]
  script: [echo after]
`);
    expect(resultsOf(done)).toEqual({
      tolerated: 'failure',
      broken: 'failure',
      late: 'skipped',
      after: 'success',
    });
    expect(done.status).toBe('failure');
    expect(done.jobs['broken']?.output).not.toContain('unreached');
  });

  it('hands artifacts and variables to the jobs that need them, each combination of a matrix its own', async () => {
    const done = await run(`make:
  stage: one
  parallel:
    matrix:
      - WHICH: [a, b]
  script:
    - echo "made $WHICH" > "$WHICH"
    - echo "LAST=$WHICH" > values.env
  artifacts:
    paths: [a, b]
    reports:
      dotenv: values.env
use:
  stage: two
  needs: [make]
  script: [cat a b, echo "last $LAST"]
other:
  stage: two
  needs: []
  script: ["[[ ! -e a ]]"]
`);
    expect(resultsOf(done)).toEqual({ make: 'success', other: 'success', use: 'success' });
    expect(done.jobs['use']?.output).toBe('made a\nmade b\nlast b\n');
  });

  it('has protected variables on protected branches only, and those of an environment in its jobs only', async () => {
    const variables: readonly ProjectVariable[] = [
      { name: 'OPEN', value: '1', isProtected: false },
      { name: 'SECRET', value: '2', isProtected: true },
      { name: 'SCOPED', value: '3', isProtected: true, environment: 'site' },
      { name: 'FILE', value: '4', isProtected: true, isFile: true },
    ];
    const print =
      '  script: [\'echo "$OPEN-$SECRET-$SCOPED-$(cat "${FILE:-/dev/null}")"\']\n  rules:\n    - if: $CI\n';
    const jobs = `a:\n  stage: one\n${print}b:\n  stage: one\n  environment: site\n${print}`;
    const trusted = await run(jobs, { variables });
    expect([trusted.jobs['a']?.output, trusted.jobs['b']?.output]).toEqual(['1-2--4\n', '1-2-3-4\n']);
    await Promise.all([project.close(), directory.remove()]);
    [project, directory] = [await serveProject(), await temporaryDirectory()];
    const others = await run(jobs, { variables, event: MERGE_REQUEST });
    expect([others.jobs['a']?.output, others.jobs['b']?.output]).toEqual(['1---\n', '1---\n']);
  });

  it('lets no merge request deploy to a protected environment, and runs jobs without rules on branches only', async () => {
    const job = '  stage: one\n  environment: publish\n  script: [echo ran]\n';
    const done = await run(`a:\n${job}  rules:\n    - if: $CI\nb:\n${job}`, { event: MERGE_REQUEST });
    expect(resultsOf(done)).toEqual({ a: 'failure' });
    expect(done.jobs['a']?.output).toBe('Only protected branches deploy to the environment publish.\n');
  });

  it('is not made without a job', async () => {
    const rules = '  rules:\n    - if: $CI_PIPELINE_SOURCE == "schedule"\n';
    expect(await run(`a:\n  stage: one\n  script: [echo]\n${rules}`)).toMatchObject({ status: 'none' });
  });

  it('is refused where a job needs one that its rules leave out', async () => {
    const rules = '  rules:\n    - if: $CI_PIPELINE_SOURCE == "schedule"\n';
    const jobs = `a:\n  stage: one\n  script: [echo]\n${rules}b:\n  stage: two\n  needs: [a]\n  script: [echo]\n`;
    await expect(run(jobs)).rejects.toThrow('b needs a, which is not in the pipeline');
  });

  it('installs nothing but what our pipelines install', async () => {
    const done = await run(
      'a:\n  stage: one\n  script: [npm install left-pad]\nb:\n  stage: one\n  script: [sheaf --version]\n',
    );
    expect(resultsOf(done)).toEqual({ a: 'failure', b: 'failure' });
  });
});

describe('a pipeline file', () => {
  const read = (files: Readonly<Record<string, string>>) =>
    readPipeline((path) => Promise.resolve(files[path] ?? ''));

  it('is put together from includes, parts and references, of which later ones win', async () => {
    const { jobs } = await read({
      '.gitlab-ci.yml': `include:\n  - local: more.yml\n${TOP}.a:\n  before_script: [one]\n  variables: {X: 1, Y: 1}\n  stage: one\n.b:\n  before_script:\n    - !reference [.a, before_script]\n    - two\n  variables: {Y: 2}\n`,
      'more.yml':
        'job:\n  extends: [.a, .b]\n  stage: two\n  script: [!reference [.b, before_script], three]\n',
    });
    expect(jobs['job']).toMatchObject({
      stage: 'two',
      before_script: ['one', 'two'],
      script: ['one', 'two', 'three'],
      variables: { X: '1', Y: '2', GIT_DEPTH: '0' },
    });
  });

  it.each([
    ['a keyword of a job', 'a:\n  stage: one\n  script: [x]\n  after_script: [x]\n', 'after_script'],
    ['a keyword of a part', '.a:\n  trigger: x\n', 'trigger'],
    ['a global keyword', 'cache:\n  paths: [x]\n', 'paths'],
    ['a rule', 'a:\n  stage: one\n  script: [x]\n  rules:\n    - exists: [x]\n', 'exists'],
    ['an artifact', 'a:\n  stage: one\n  script: [x]\n  artifacts:\n    public: true\n', 'public'],
    [
      'an environment with more than a name',
      'a:\n  stage: one\n  script: [x]\n  environment:\n    name: x\n',
      'environment',
    ],
    ['a stage', 'a:\n  stage: six\n  script: [x]\n', 'six'],
    ['a part', 'a:\n  extends: .none\n  script: [x]\n', '.none'],
    ['a reference', 'a:\n  stage: one\n  script: [!reference [.none, script]]\n', '.none script'],
    ['a circle', '.a:\n  extends: .b\n.b:\n  extends: .a\n', 'extends itself'],
    ['an include from elsewhere', 'include:\n  - remote: https://x.example/y.yml\n', 'remote'],
  ])('is refused for %s that is not there or not carried out', async (_, text, sentence) => {
    await expect(read({ '.gitlab-ci.yml': `${TOP}${text}` })).rejects.toThrow(sentence);
  });
});

describe('a condition', () => {
  const variables = { A: 'x', B: 'x', EMPTY: '' };

  it.each([
    ['$A == "x"', true],
    ['$A == $B', true],
    ['$A != $B', false],
    ['$NONE == "x"', false],
    ['$NONE == ""', false],
    ['$NONE == $OTHER', true],
    ['$EMPTY', false],
    ['$A && $NONE', false],
    ['$NONE && $A || $B == "x"', true],
    ['$NONE && ($A || $B == "x")', false],
  ])('%s is %s', (condition, expected) => {
    expect(holds(condition, variables)).toBe(expected);
  });

  it.each(['$A =~ /x/', '$A == x', '$A ==', '($A', '$A)', '', "$A == 'x'"])(
    '%j is not understood',
    (text) => {
      expect(() => holds(text, variables)).toThrow(Error);
    },
  );

  it('understands of changed paths those below a directory', () => {
    expect(isChanged(['plugins/**/*'], ['plugins/a/b.toml'])).toBe(true);
    expect(isChanged(['plugins/**/*'], ['plugins2/a', 'x/plugins/a'])).toBe(false);
    expect(() => isChanged(['plugins/*'], [])).toThrow('plugins/*');
  });
});
