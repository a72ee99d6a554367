import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeMeasurementFile } from '../src/core/formats/measurement-file.ts';
import { readSubmissionsFile } from '../src/core/formats/submissions-file.ts';
import { DAY, HOUR } from '../src/core/instant.ts';
import { reportSubmission } from '../src/ops/submissions/report-submission.ts';
import { type QueueRun, runQueue } from '../src/ops/submissions/run-queue.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import type { Issue } from './support/github/state.ts';
import { expectForm } from './support/json-output.ts';
import { type ReviewWorld, reviewWorld } from './support/review-world.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** All open pull requests of a registry at once, and the commands that a workflow runs. */

async function world(): Promise<ReviewWorld> {
  const opened = await reviewWorld();
  onTestFinished(() => opened.remove());
  return opened;
}

const newPlugin = (opened: ReviewWorld, name: string): Promise<Issue> =>
  opened.submit((registry) => registry.addRelease({ name, version: '1.0.0' }));

async function measured(opened: ReviewWorld, issue: Issue): Promise<void> {
  const file = await opened.measure(issue);
  const request = {
    number: issue.number,
    merge: false,
    dryRun: false,
    measurement: { kind: 'file', file },
  } as const;
  await reportSubmission(opened.ports, request);
}

const sweep = (opened: ReviewWorld, dryRun = false): Promise<QueueRun> =>
  runQueue(opened.ports, { merge: true, dryRun, measurement: { kind: 'remembered' }, dispatch: 'audit.yml' });

describe('the queue of a forge', () => {
  it('merges what is due by time, oldest first, and nothing that was never measured', async () => {
    const opened = await world();
    const [first, second, third] = [
      await newPlugin(opened, 'word-counts'),
      await newPlugin(opened, 'sentence-ends'),
      await newPlugin(opened, 'page-breaks'),
    ];
    for (const issue of [first, second]) await measured(opened, issue);
    expect((await sweep(opened)).reported.map(({ state }) => state)).toEqual([
      'waiting',
      'waiting',
      'waiting',
    ]);
    opened.clock.time += 3 * DAY;
    const { reported } = await sweep(opened);
    expect(reported.map(({ number, state }) => [number, state])).toEqual([
      [first.number, 'merged'],
      [second.number, 'merged'],
      [third.number, 'waiting'],
    ]);
    expect(opened.repository.dispatches).toHaveLength(2);
    expect((await sweep(opened)).reported.map(({ number }) => number)).toEqual([third.number]);
  });

  it('reminds a reviewer once a day, and asks maintainers when nobody answers', async () => {
    const opened = await world();
    const issue = await newPlugin(opened, 'word-counts');
    await sweep(opened);
    const asked = issue.pull!.requested.map(({ login }) => login);
    expect(asked).toHaveLength(3);
    opened.clock.time += 25 * HOUR;
    expect((await sweep(opened)).reminded[0]?.reviewers).toHaveLength(3);
    expect((await sweep(opened)).reminded).toEqual([]);
    expect(opened.comments(issue)[1]).toContain(`@${asked[0]}`);
    opened.clock.time += 60 * HOUR;
    await sweep(opened);
    const added = issue.pull!.requested.map(({ login }) => login).filter((login) => !asked.includes(login));
    expect(added.every((login) => ['alice-hub', 'bob-hub'].includes(login))).toBe(true);
  });

  it('shares the work between reviewers', async () => {
    const opened = await world();
    for (const name of ['word-counts', 'sentence-ends', 'page-breaks']) await newPlugin(opened, name);
    await sweep(opened);
    const requests = opened.repository.issues.flatMap((issue) => issue.pull?.requested ?? []);
    const dana = requests.filter(({ login }) => login === 'dana-hub');
    expect(requests).toHaveLength(9);
    expect(dana.length).toBeLessThanOrEqual(2);
  });

  it('goes on when one pull request cannot be judged', async () => {
    const opened = await world();
    const bad = await newPlugin(opened, 'word-counts');
    const good = await opened.submit((registry) =>
      registry.addRelease({ name: 'graph-lens', version: '1.1.0' }),
    );
    await measured(opened, good);
    await opened.repository.git.deleteRef(`refs/pull/${bad.number}/head`);
    const { problems, reported } = await sweep(opened);
    expect(problems.map(({ number }) => number)).toEqual([bad.number]);
    expect(reported).toEqual([{ number: good.number, title: 'graph-lens 1.1.0', state: 'merged' }]);
  });

  it('changes nothing on the forge when it is only tried', async () => {
    const opened = await world();
    await newPlugin(opened, 'word-counts');
    await sweep(opened, true);
    expect(opened.github.said.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe('the commands of the workflow', () => {
  const environmentOf = ({ github, token }: ReviewWorld) => ({
    ...process.env,
    ...github.environment(token),
    GITHUB_REPOSITORY: 'acme/plugins',
  });
  const run = async (opened: ReviewWorld, definition: string, ...argv: string[]) => {
    const environment = environmentOf(opened);
    const { stdout, status } = await runSheaf([...argv, '--json'], { environment });
    const document = JSON.parse(stdout) as {
      ok: boolean;
      data: Record<string, unknown>;
      error: { message: string };
    };
    if (document.ok) expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
    return { status, ...document };
  };
  const scratch = async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    return (path: string): string => join(directory.path, path);
  };

  it('report by the event of a workflow run, whose list of pull requests is empty', async () => {
    const opened = await world();
    const issue = await opened.submit((registry) =>
      registry.addRelease({ name: 'graph-lens', version: '1.1.0' }),
    );
    const at = await scratch();
    await writeFile(at('measurement.json'), writeMeasurementFile(await opened.measure(issue)));
    const event = {
      workflow_run: {
        event: 'pull_request',
        head_sha: issue.pull!.headSha,
        conclusion: 'success',
        display_title: '$(touch /tmp/x) \u202e 👩‍💻',
        pull_requests: [],
      },
    };
    await writeFile(at('event.json'), JSON.stringify(event));
    const line = [
      'ci',
      'report',
      opened.clone,
      '--forge',
      'github',
      '--remote',
      opened.repository.git.directory,
    ];
    const args = [
      ...line,
      '--event',
      at('event.json'),
      '--no-artifacts',
      '--merge',
      '--dispatch',
      'audit.yml',
    ];
    const waiting = await run(opened, 'ci-report', ...args, '--measurement', at('none.json'));
    expect(waiting.data).toMatchObject({ number: issue.number, state: 'waiting', merged: null });
    const other = ['--head', 'a'.repeat(40)];
    const moved = await run(opened, 'ci-report', ...line, '--pull-request', '1', ...other);
    expect(moved.data).toMatchObject({ state: 'left', because: expect.stringContaining('another commit') });
    expect(await run(opened, 'ci-report', ...args, ...other)).toMatchObject({ status: 2, ok: false });
    const merged = await run(opened, 'ci-report', ...args, '--measurement', at('measurement.json'));
    expect(merged.data).toMatchObject({ state: 'merged', title: 'graph-lens 1.1.0', findings: [] });
    const left = await run(opened, 'ci-report', ...args);
    expect(left.data).toMatchObject({ state: 'left' });
    await writeFile(
      at('event.json'),
      JSON.stringify({ workflow_run: { ...event.workflow_run, event: 'push' } }),
    );
    expect(await run(opened, 'ci-report', ...args)).toMatchObject({ status: 1, ok: false });
    await writeFile(at('event.json'), '{');
    expect(await run(opened, 'ci-report', ...args)).toMatchObject({ status: 1, ok: false });
    expect(await run(opened, 'ci-report', ...line)).toMatchObject({ status: 2, ok: false });
  });

  it('write the queue with its page and its data', async () => {
    const opened = await world();
    await newPlugin(opened, 'word-counts');
    const at = await scratch();
    const remote = opened.repository.git.directory;
    const line = ['ci', 'queue', opened.clone, '--forge', 'github', '--remote', remote, '--no-artifacts'];
    const { data } = await run(opened, 'ci-queue', ...line, '--out', at('queue'));
    expect(data).toMatchObject({
      registry: 'acme',
      reported: [{ number: 1, state: 'waiting' }],
      problems: [],
    });
    expect(await readFile(at('queue/index.html'), 'utf8')).toContain('word-counts is new to the registry.');
    const submissions = readSubmissionsFile(await readFile(at('queue/submissions.json')), 'submissions.json');
    expect(submissions.findings).toEqual([]);
    expect(submissions.value?.submissions[0]).toMatchObject({ plugin: 'word-counts', checks: 'pending' });
    expectForm('review-queue.schema.json', JSON.parse(await readFile(at('queue/queue.json'), 'utf8')));
  });

  it('merge a commit that fulfils the rules, try it first, and refuse one that does not', async () => {
    const opened = await world();
    const issue = await opened.submit((registry) =>
      registry.addRelease({ name: 'graph-lens', version: '1.1.0' }),
    );
    const evil = await opened.submit(() => {}, { edits: { 'evil.sh': 'x' } });
    const remote = opened.repository.git.directory;
    const line = ['ci', 'merge', opened.clone, '--remote', remote];
    const before = await opened.repository.git.resolve('refs/heads/main');
    const good = ['--head', issue.pull!.headSha, '--ref', 'refs/pull/1/head'];
    const tried = await run(opened, 'ci-merge', ...line, ...good, '--dry-run');
    expect(tried.data).toMatchObject({ into: 'main', dryRun: true, merges: [{ state: 'merged' }] });
    expect(await opened.repository.git.resolve('refs/heads/main')).toBe(before);
    const bad = ['--head', evil.pull!.headSha, '--ref', 'refs/pull/2/head'];
    expect(await run(opened, 'ci-merge', ...line, ...bad)).toMatchObject({ status: 1, ok: false });
    const merged = await run(opened, 'ci-merge', ...line, ...good, '--dispatch', 'audit.yml');
    expect(merged.data).toMatchObject({ merges: [{ state: 'merged', attempts: 1 }] });
    expect(opened.repository.dispatches).toHaveLength(1);
    expect(await run(opened, 'ci-merge', ...line, ...good, '--into', 'a..b')).toMatchObject({ status: 2 });
  });

  it.each([
    ['no repository', { GITHUB_REPOSITORY: '' }, ['--forge', 'github'], 'Nothing names the repository'],
    ['no repository of GitLab', {}, ['--forge', 'gitlab'], 'Nothing names the repository'],
    [
      'a repository that can be none',
      { GITHUB_REPOSITORY: 'x' },
      ['--forge', 'github'],
      '"x" is not the name',
    ],
    ['an address that is none', { CI_API_V4_URL: 'x', CI_PROJECT_PATH: 'a/b' }, ['--forge', 'gitlab'], 'no'],
  ])('say that there is %s', async (_, change, forge, sentence) => {
    const environment = { ...process.env, ...change };
    const argv = ['ci', 'report', '.', ...forge, '--pull-request', '1'];
    const { status, stderr } = await runSheaf(argv, { environment });
    expect([status, stderr]).toEqual([2, expect.stringContaining(sentence)]);
  });
});
