import { mkdir, readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveDirectory } from '../src/testkit/index.ts';
import { type GitlabLife, gitlabLife } from './support/gitlab/life-world.ts';
import type { MergeRequest } from './support/gitlab/serve-gitlab.ts';
import { git } from './support/index-branch.ts';
import { MERGE } from './support/submissions.ts';
import { pagesDirectory } from './support/workflows/gitlab-world.ts';
import type { PipelineRun } from './support/workflows/run-pipeline.ts';

/** A registry that `sheaf registry init --ci gitlab` made, from the release of a plugin to those who install it. */

// Pipelines of a dozen jobs, each with a clone of its own.
vi.setConfig({ testTimeout: 600_000 });

const NONE = '0'.repeat(40);

/** What each job said that failed. */
function said({ jobs }: PipelineRun): string {
  return Object.entries(jobs)
    .filter(([, { result }]) => result === 'failure')
    .map(([name, { output }]) => `${name}: ${output}`)
    .join('\n');
}

function resultsOf({ jobs }: PipelineRun): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(jobs).map(([name, { result }]) => [name, result]));
}

/** An author publishes the plugin `lens`; GitLab opens the merge request. */
async function publishLens(life: GitlabLife): Promise<{
  readonly request: MergeRequest;
  readonly ada: ReturnType<GitlabLife['project']['member']>;
}> {
  const { registry, project } = life;
  const ada = project.member('ada');
  const www = registry.at('www-of-ada');
  await mkdir(www);
  const web = await serveDirectory(www);
  onTestFinished(() => web.close());
  const plugin = registry.at('lens');
  const about = ['--author', 'Ada', '--repository', 'https://git.example.org/ada/lens'];
  const shape = ['--template', 'javascript', '--category', 'visualizers', '--dir', plugin];
  await life.sheaf(ada, 'create', 'lens', ...shape, ...about);
  const key = await registry.key('ada');
  const addresses = ['https://git.example.org/ada/', web.url].flatMap((url) => ['--repository', url]);
  const owner = ['--owner', 'ada', '--gitlab-id', String(ada.id), ...addresses];
  const host = ['--host', `directory:${www}/{version}`, '--release-url', `${web.url}{version}`];
  const way = ['--to', `${project.url}.git`, '--transport', 'gitlab', '--key', key, '--yes'];
  const published = await life.sheaf(ada, 'publish', plugin, ...way, ...owner, ...host, '--json');
  const [request] = project.gitlab.requests;
  expect(JSON.parse(published)).toMatchObject({
    data: { state: 'proposed', url: `${project.url}/-/merge_requests/1` },
  });
  return { request: request!, ada };
}

/** As GitLab writes it down. */
function approve({ project }: GitlabLife, request: MergeRequest, username: string): void {
  const user = project.gitlab.users.find((one) => one.username === username)!;
  project.gitlab.approve(request, user);
  const note = request.notes.at(-1)!;
  request.notes.splice(-1, 1, { ...note, created_at: new Date(Date.now() + 1000).toISOString() });
}

const comment = ({ notes }: MergeRequest): string => notes.find(({ system }) => !system)?.body ?? '';

describe('a release of a new plugin', () => {
  it('is proposed, measured, reviewed, merged, audited, signed and published, and then installed over Git and HTTP', async () => {
    const life = await gitlabLife();
    const { project, registry, runner } = life;
    const begun = await life.pushed(NONE);
    expect(said(begun)).toBe('');
    expect(Object.keys(begun.jobs)).toEqual(['plan', 'build', 'sign', 'pages']);

    project.member('rita', 20);
    const { request } = await publishLens(life);
    expect(request).toMatchObject({ target_branch: 'main', labels: ['submission'] });
    const reviewed = await life.reviewed(request);
    expect(said(reviewed)).toBe('');
    expect(resultsOf(reviewed)).toEqual({ validation: 'success', measurement: 'success' });

    const first = await life.scheduled('hourly');
    expect(said(first)).toBe('');
    expect(resultsOf(first)).toEqual({ queue: 'success', 'measure-open': 'success', report: 'success' });
    expect(request.labels).toContain('needs-review');
    expect(request.reviewers.map(({ user }) => user.username)).toEqual(['rita']);
    const before = (await project.head('main'))!;

    approve(life, request, 'rita');
    const second = await life.scheduled('hourly');
    expect(said(second)).toBe('');
    expect(request.state).toBe('merged');
    expect(await project.head('main^1')).toBe(before);
    expect(await project.head('main^2')).toBe(request.sha);

    const merged = await life.pushed(before);
    expect(said(merged)).toBe('');
    expect(Object.keys(merged.jobs)).toEqual([
      'audit-measure',
      'audit-record',
      'plan',
      'build',
      'sign',
      'pages',
    ]);
    expect(merged.jobs['sign']?.output).toContain('Signed checkpoint 1-2 of acme as ci.');
    const facts = await git(project.bare, 'show', `facts:registry/security/audits/le/lens/0.1.0.toml`);
    expect(facts).toMatch(/^passed = true$/m);

    const root = `sha256:${await registry.digest('registry/trust/root/1.signers')}`;
    const site = await serveDirectory(pagesDirectory(runner));
    onTestFinished(() => site.close());
    const carl = project.member('carl', 0);
    for (const [name, address] of [
      ['git', `git+${project.url}.git#index`],
      ['http', site.url],
    ] as const) {
      const here = ['--project', registry.at(`project-${name}`)];
      await mkdir(registry.at(`project-${name}`));
      const user = { ...carl, username: `carl-${name}` };
      await life.sheaf(user, ...here, 'registry', 'add', address, '--root', root);
      await life.sheaf(user, ...here, 'install', 'lens');
      expect(await life.sheaf(user, ...here, 'list')).toContain('lens');
    }
    expect(await readFile(`${pagesDirectory(runner)}/latest`, 'utf8')).toBe('1-2\n');

    const daily = await life.scheduled('daily');
    expect(said(daily)).toBe('');
    expect(Object.keys(daily.jobs)).toEqual(['stats', 'plan', 'build', 'sign', 'pages']);
    expect(await readFile(`${pagesDirectory(runner)}/latest`, 'utf8')).toBe('1-3\n');
    const weekly = await life.scheduled('weekly');
    expect(said(weekly)).toBe('');
    expect(Object.keys(weekly.jobs)).toEqual(['promote', 'links']);
    expect(weekly.jobs['links']?.output).toBe('1 of 1 artifacts fetched, 0 broken.\n');
  });

  it('is not merged when its head moves after it was measured, but measured again, without a person in between', async () => {
    const life = await gitlabLife({ ...MERGE, newPluginsAfter: 0 });
    const { project, runner } = life;
    const { request, ada } = await publishLens(life);
    const measured = request.sha;
    const main = await project.head('main');
    const meanwhile = {
      ...runner,
      async jobToken(job: string) {
        // The same files, so that nothing but the commit keeps it from being merged.
        if (job === 'report') await life.push(ada, 'release/lens-0.1.0', {});
        return runner.jobToken(job);
      },
    };
    const first = await life.scheduled('hourly', meanwhile);
    expect(said(first)).toBe('');
    expect(request.sha).not.toBe(measured);
    expect(request).toMatchObject({ state: 'opened', labels: ['submission', 'needs-review', 'waiting'] });
    expect(first.jobs['report']?.output).toContain('got another commit in the meantime');
    expect(comment(request)).toContain('Its checks have not ended.');
    expect(await project.head('main')).toBe(main);

    const second = await life.scheduled('hourly');
    expect(said(second)).toBe('');
    expect(request.state).toBe('merged');
    expect(await project.head('main^2')).toBe(request.sha);
  });
});

/** A pipeline that somebody wrote into a merge request. */
function pipeline(jobs: string): string {
  return `stages: [review]\nworkflow:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == "merge_request_event"\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\nvariables:\n  GIT_DEPTH: 0\n  GIT_STRATEGY: clone\n${jobs}`;
}

const ANY = '  stage: review\n  rules:\n    - if: $CI\n';
const PRINT =
  '  script:\n    - export -p\n    - cat .git/config\n    - cat "${SHEAF_CHECKPOINT_KEY_FILE:-/dev/null}"\n';

describe('a merge request that changes the pipeline', () => {
  it('gets no right by it, is blocked by the pipeline of the default branch, and is never merged', async () => {
    const life = await gitlabLife();
    const { project } = life;
    const eve = project.member('eve');
    const push = 'git push "http://x:$CI_JOB_TOKEN@${CI_PROJECT_URL#http://}.git" HEAD:refs/heads/main';
    const text = pipeline(
      [
        `deploy:\n${ANY}  environment: publish\n${PRINT}`,
        `push:\n${ANY}  script:\n    - '${push}'\n`,
        `merge:\n${ANY}  environment: review\n  script:\n    - npm install --global --ignore-scripts --no-audit --no-fund sheaf@1.0.0\n    - sheaf ci queue . --forge gitlab --out page --merge\n`,
      ].join(''),
    );
    const main = await project.head('main');
    const changes = [...project.gitlab.changes];
    const request = (await life.push(eve, 'better', { '.gitlab-ci.yml': text }, 'merge_request.create'))!;
    const own = await life.reviewed(request);
    expect(resultsOf(own)).toEqual({ deploy: 'failure', push: 'failure', merge: 'failure' });
    expect(own.jobs['deploy']?.output).toContain('Only protected branches');
    expect(own.jobs['push']?.output).toContain('403');
    expect(own.jobs['merge']?.output).toContain('SHEAF_AUTHENTICATION');
    expect(project.gitlab.changes).toEqual(changes);

    const trusted = await life.scheduled('hourly');
    expect(said(trusted)).toBe('');
    expect(Object.keys(trusted.jobs)).toEqual(['queue', 'measure-open', 'report']);
    expect(comment(request)).toContain('.gitlab-ci.yml');
    expect(request).toMatchObject({ state: 'opened', labels: ['needs-review', 'blocked'] });
    expect(await project.head('main')).toBe(main);
  });

  it('finds no secret among all variables and files of its jobs, which the default branch would have', async () => {
    const life = await gitlabLife();
    const { project } = life;
    const jobs = ['review', 'facts', 'site', 'none']
      .map((name) => `${name}:\n${ANY}${name === 'none' ? '' : `  environment: ${name}\n`}${PRINT}`)
      .join('');
    const files = { '.gitlab-ci.yml': pipeline(jobs) };
    const eve = project.member('eve');
    const request = (await life.push(eve, 'print', files, 'merge_request.create'))!;
    const printed = await life.reviewed(request);
    expect(printed.status).toBe('success');
    for (const [name, { output }] of Object.entries(printed.jobs)) {
      expect(output).toContain(`job-token-of-${name}`);
      expect(life.secrets.filter((secret) => output.includes(secret))).toEqual([]);
      expect(output).not.toMatch(/SHEAF_TOKEN|SHEAF_CHECKPOINT/);
    }
    // That there is something to find: a maintainer merges it by hand.
    await life.push(project.member('mallory', 40), 'main', files);
    const trusted = await life.scheduled('hourly');
    const [token] = life.secrets;
    expect(trusted.jobs['review']?.output).toContain(token);
    expect(trusted.jobs['none']?.output).not.toContain(token);
  });
});
