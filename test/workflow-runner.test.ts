import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../src/testkit/index.ts';
import { git } from './support/index-branch.ts';
import { runWorkflow, type WorkflowRun } from './support/workflows/run-workflow.ts';
import type { RunEvent } from './support/workflows/runner-world.ts';
import { type ServedRepository, serveRepository } from './support/workflows/serve-repository.ts';

/** The runner of workflows, and the small scripts and actions that workflows share, carried out by it. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const CHECKOUT = 'actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683';
const EVENT: RunEvent = {
  name: 'workflow_dispatch',
  payload: {},
  ref: 'refs/heads/main',
  sha: '',
  actor: 'alice',
};
const OURS = [
  'actions/fetch-pull-request/action.yml',
  'scripts/dispatch.sh',
  'scripts/git-credential.sh',
  'scripts/site.sh',
];

let served: ServedRepository;
beforeEach(async () => {
  served = await serveRepository();
  const files = OURS.map(
    async (path) => [`.github/${path}`, await readFile(join(REPOSITORY, '.github', path))] as const,
  );
  await served.commit(await Promise.all(files));
});
afterEach(() => served.close());

/** A workflow of these jobs. */
function run(jobs: string, event: Partial<RunEvent> = {}): Promise<WorkflowRun> {
  const text = `name: test\non: workflow_dispatch\npermissions: {}\ndefaults:\n  run:\n    shell: bash\njobs:\n${jobs}`;
  return runWorkflow(text, { ...EVENT, ...event }, served.world);
}

/** One job with these steps. */
function runSteps(steps: string, event: Partial<RunEvent> = {}): Promise<WorkflowRun> {
  return run(
    `  job:\n    runs-on: ubuntu-24.04\n    permissions:\n      contents: read\n    steps:\n${steps}`,
    event,
  );
}

const outputsOf = ({ jobs }: WorkflowRun): string => jobs['job']!.steps.map(({ output }) => output).join('');

describe('the runner', () => {
  it('gives a step what a forge gives and what is declared, and nothing of this process', async () => {
    process.env['SHEAF_TEST_LEAK'] = 'leaked';
    try {
      const done = await runSteps(
        '      - env:\n          OWN: "${{ github.repository }}"\n        run: env\n',
      );
      const names = [...outputsOf(done).matchAll(/^(\w+)=/gm)].map(([, name]) => name!);
      expect(names).toContain('GITHUB_EVENT_PATH');
      expect(outputsOf(done)).toContain('OWN=acme/plugins');
      const foreign = names.filter(
        (name) => !/^(GITHUB_|RUNNER_|CI$|LANG$|HOME$|PATH$|OWN$|PWD$|OLDPWD$|SHLVL$|_$)/.test(name),
      );
      expect(foreign).toEqual([]);
      expect(outputsOf(done)).not.toContain('token');
    } finally {
      delete process.env['SHEAF_TEST_LEAK'];
    }
  });

  it('runs jobs after those they need, with their outputs, and skips what needs a failed one', async () => {
    const done = await run(`  last:
    runs-on: x
    needs: [first, broken]
    steps:
      - run: echo never
  second:
    runs-on: x
    needs: first
    steps:
      - env:
          GOT: \${{ needs.first.outputs.value }}
        run: echo "got $GOT"
  after:
    runs-on: x
    needs: broken
    if: always()
    steps:
      - run: echo cleaned
  broken:
    runs-on: x
    steps:
      - run: exit 3
  first:
    runs-on: x
    outputs:
      value: \${{ steps.one.outputs.value }}
    steps:
      - id: one
        run: echo "value=7" >> "$GITHUB_OUTPUT"
`);
    expect(Object.entries(done.jobs).map(([name, { result }]) => [name, result])).toEqual([
      ['broken', 'failure'],
      ['after', 'success'],
      ['first', 'success'],
      ['last', 'skipped'],
      ['second', 'success'],
    ]);
    expect(done.jobs['second']!.steps[0]!.output).toBe('got 7\n');
    expect(done.conclusion).toBe('failure');
  });

  it('stops a job at the first step that fails, but for those that say otherwise', async () => {
    const done = await runSteps(`      - run: 'false'
        continue-on-error: true
      - run: 'false | true'
      - run: echo unreached
      - if: failure()
        run: echo reached
`);
    expect(done.jobs['job']!.steps.map(({ conclusion }) => conclusion)).toEqual([
      'failure',
      'failure',
      'skipped',
      'success',
    ]);
  });

  it('hands values from step to step, and collects the summary', async () => {
    const done = await runSteps(`      - run: |
          echo "ONE=1" >> "$GITHUB_ENV"
          { echo "MANY<<END"; echo a; echo b; echo END; } >> "$GITHUB_ENV"
          mkdir tools && printf '#!/bin/sh\\necho tool' > tools/our-tool && chmod +x tools/our-tool
          echo "$PWD/tools" >> "$GITHUB_PATH"
          echo '# Seen' >> "$GITHUB_STEP_SUMMARY"
      - run: echo "$ONE-$MANY-$(our-tool)"
`);
    expect(outputsOf(done)).toBe('1-a\nb-tool\n');
    expect(done.jobs['job']!.summary).toBe('# Seen\n');
  });

  it('hands files from job to job and run to run as artifacts, which are never changed', async () => {
    const upload = 'actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02';
    const download = 'actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093';
    const step = `      - uses: ${upload}\n        with:\n          name: it\n          path: out\n`;
    const first = await runSteps(`      - run: mkdir out && echo 1 > out/file\n${step}`);
    expect(first.conclusion).toBe('success');
    const get = (id: string): string =>
      `      - uses: ${download}\n        with:\n          name: it\n          path: in\n          run-id: ${id}\n          github-token: \${{ github.token }}\n      - run: cat in/file\n`;
    expect(outputsOf(await runSteps(get('${{ github.event.id }}'), { payload: { id: first.id } }))).toContain(
      '1\n',
    );
    expect((await runSteps(get('999999'))).conclusion).toBe('failure');
    expect((await runSteps(`      - run: mkdir out && echo 1 > out/file\n${step}${step}`)).conclusion).toBe(
      'failure',
    );
  });

  it('asks for a token with exactly the rights of the job, for each job of a matrix', async () => {
    await run(`  one:
    runs-on: x
    strategy:
      matrix:
        which: [a, b]
    permissions:
      contents: write
    steps:
      - run: echo
  two:
    runs-on: x
    steps:
      - run: echo
`);
    expect(served.tokens).toEqual([
      { job: 'one', permissions: { contents: 'write' } },
      { job: 'one', permissions: { contents: 'write' } },
      { job: 'two', permissions: {} },
    ]);
  });

  it.each([
    ['a key that it does not know', '      - run: echo\n        working-directory: x\n', 'working-directory'],
    [
      'an expression that names nothing',
      '      - run: echo\n        if: steps.x.outputs.y\n',
      'steps has no "x"',
    ],
  ])('fails at %s', async (_, steps, sentence) => {
    await expect(runSteps(steps)).rejects.toThrow(sentence);
  });

  it.each([
    [
      'an action that nothing stands in for',
      '      - uses: someone/thing@v1\n',
      'Nothing stands in for the action someone/thing@v1.',
    ],
    ['a checkout that keeps its token', `      - uses: ${CHECKOUT}\n`, 'keeps its token'],
    [
      'an input that an action has not',
      `      - uses: ${CHECKOUT}\n        with:\n          persist-credentials: false\n          lfs: true\n`,
      '"lfs"',
    ],
    ['an output line without a name', '      - run: echo nothing >> "$GITHUB_OUTPUT"\n', 'names nothing'],
  ])('fails a step for %s', async (_, steps, sentence) => {
    const done = await runSteps(steps);
    expect([done.conclusion, outputsOf(done)]).toEqual(['failure', expect.stringContaining(sentence)]);
  });

  it('refuses a workflow whose rights are left to a setting', async () => {
    const text = 'name: x\non: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo\n';
    await expect(runWorkflow(text, EVENT, served.world)).rejects.toThrow('permissions');
  });
});

describe('what workflows share', () => {
  const checkout = `      - uses: ${CHECKOUT}\n        with:\n          ref: main\n          fetch-depth: 0\n          persist-credentials: false\n`;

  it('fetch-pull-request brings the commit of a pull request as objects, and no file of it', async () => {
    await served.commit([['evil.txt', Buffer.from('x')]]);
    const head = await git(served.checkout, 'rev-parse', 'HEAD');
    await git(served.bare, 'update-ref', 'refs/pull/7/head', head);
    await git(served.bare, 'update-ref', 'refs/heads/main', `${head}^`);
    const fetch = (number: string): string =>
      `${checkout}      - id: change\n        uses: ./.github/actions/fetch-pull-request\n        with:\n          number: "${number}"\n      - env:\n          HEAD_COMMIT: \${{ steps.change.outputs.head }}\n        run: |\n          git cat-file blob "$HEAD_COMMIT:evil.txt"\n          echo " in $HEAD_COMMIT"\n          [[ ! -e evil.txt ]]\n`;
    const done = await runSteps(fetch('7'));
    expect([done.conclusion, outputsOf(done)]).toEqual(['success', `x in ${head}\n`]);
    for (const number of ['8', '0', '7;id', '../main', '']) {
      expect((await runSteps(fetch(number))).conclusion).toBe('failure');
    }
  });

  it('dispatch.sh starts a workflow with its token, and sends nothing that would need an escape', async () => {
    const asked: object[] = [];
    const api = await listenOnLoopback((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({
          path: request.url,
          authorization: request.headers.authorization,
          body: JSON.parse(body) as unknown,
        });
        response.writeHead(request.url?.includes('missing') === true ? 404 : 204).end();
      });
    });
    try {
      served = { ...served, world: { ...served.world, api: api.url.replace(/\/$/, '') } };
      const dispatch = (words: string): string =>
        `${checkout}      - env:\n          GITHUB_TOKEN: \${{ github.token }}\n        run: bash .github/scripts/dispatch.sh ${words}\n`;
      expect((await runSteps(dispatch('audit.yml commit=abc'))).conclusion).toBe('success');
      expect(asked).toEqual([
        {
          path: '/repos/acme/plugins/actions/workflows/audit.yml/dispatches',
          authorization: 'Bearer token-of-job',
          body: { ref: 'main', inputs: { commit: 'abc' } },
        },
      ]);
      for (const words of ['missing.yml', '../x.yml', `audit.yml 'a="b"'`, 'audit.yml x']) {
        expect((await runSteps(dispatch(words))).conclusion).toBe('failure');
      }
      expect(asked).toHaveLength(2);
    } finally {
      await api.close();
    }
  });

  it('site.sh never overwrites what somebody else saved meanwhile', async () => {
    const save = (between: string): string =>
      `${checkout}      - run: |\n          bash .github/scripts/site.sh restore site\n          echo "$RANDOM$RANDOM" > site/file\n${between}          bash .github/scripts/site.sh save site\n`;
    expect((await runSteps(save(''))).conclusion).toBe('success');
    const mine = await git(served.bare, 'rev-parse', 'pages');
    const other = `          git push --quiet --force origin HEAD:refs/heads/pages\n`;
    expect((await runSteps(save(other))).conclusion).toBe('failure');
    const theirs = await git(served.bare, 'rev-parse', 'pages');
    expect(theirs).not.toBe(mine);
    expect(theirs).toBe(await git(served.bare, 'rev-parse', 'main'));
  });
});
