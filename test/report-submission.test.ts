import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import type { MeasurementFile } from '../src/core/formats/measurement-file.ts';
import { DAY, HOUR } from '../src/core/instant.ts';
import { RECORD_MARKER, readRecord } from '../src/core/reviewing/submission-record.ts';
import type { Version } from '../src/core/version.ts';
import type { GivenMeasurement } from '../src/ops/submissions/judge-submission.ts';
import { type ReportedSubmission, reportSubmission } from '../src/ops/submissions/report-submission.ts';
import type { RegistrySimulator } from '../src/testkit/index.ts';
import type { Issue } from './support/github/state.ts';
import { type ReviewWorld, reviewWorld } from './support/review-world.ts';

/** What the workflow says of pull requests and merges, on a forge with a real Git repository behind it. */

async function world(prepare?: (registry: RegistrySimulator) => void): Promise<ReviewWorld> {
  const opened = await reviewWorld(prepare);
  onTestFinished(() => opened.remove());
  return opened;
}

const UPDATE = (registry: RegistrySimulator): void =>
  registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
const NEW = (registry: RegistrySimulator): void =>
  registry.addRelease({ name: 'word-counts', version: '1.0.0' });

interface Reporting {
  readonly merge?: boolean;
  readonly head?: string;
  readonly measurement?: GivenMeasurement;
}

async function report(
  opened: ReviewWorld,
  issue: Issue,
  options: Reporting = {},
): Promise<ReportedSubmission> {
  return reportSubmission(opened.ports, {
    number: issue.number,
    merge: true,
    dryRun: false,
    dispatch: 'audit.yml',
    measurement: options.measurement ?? { kind: 'file', file: await opened.measure(issue) },
    ...options,
  });
}

const altered = (
  file: MeasurementFile,
  change: Partial<MeasurementFile['releases'][number]>,
): MeasurementFile => ({
  ...file,
  releases: file.releases.map((release) => ({ ...release, ...change })),
});

describe('a new version by the same owner', () => {
  it('is merged by the machine as exactly the commit that was judged, and the next workflow is started', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    const head = issue.pull!.headSha;
    expect((await report(opened, issue)).state).toBe('merged');
    const { git, dispatches } = opened.repository;
    const main = (await git.resolve('refs/heads/main'))!;
    expect((await git.git(['rev-parse', 'main^2'])).toString().trim()).toBe(head);
    expect((await git.git(['log', '-1', '--format=%s', 'main'])).toString().trim()).toBe(
      'Merge #1: graph-lens 1.1.0',
    );
    expect(dispatches).toEqual([{ workflow: 'audit.yml', ref: 'main', inputs: { commit: main } }]);
    expect(issue.labels).toEqual(['machine-merge']);
    const [comment] = opened.comments(issue);
    expect(comment).toContain('### ✅ graph-lens 1.1.0');
    expect(comment).toContain(`Merged as \`${main}\`.`);
  });

  it('waits until it is measured, and says so', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    const result = await report(opened, issue, { measurement: { kind: 'remembered' } });
    expect(result.state).toBe('waiting');
    expect(opened.comments(issue)[0]).toContain('Its checks have not ended.');
    expect(issue.labels.toSorted()).toEqual(['machine-merge', 'waiting']);
    expect((await report(opened, issue)).state).toBe('merged');
    expect(issue.labels).toEqual(['machine-merge']);
    expect(opened.comments(issue)).toHaveLength(1);
  });

  it('is left to people when a measurement was good for an earlier commit only', async () => {
    const opened = await world();
    const first = await opened.submit(UPDATE, { branch: 'r' });
    await report(opened, first, { merge: false });
    const again = await opened.submit(UPDATE, { branch: 'r', edits: { 'plugins/x.txt': null } });
    expect(again.number).toBe(first.number);
    const result = await report(opened, again, { measurement: { kind: 'remembered' } });
    expect(result.state).toBe('waiting');
  });

  it.each<[string, (file: MeasurementFile, issue: Issue) => MeasurementFile, string]>([
    ['another commit', (file) => ({ ...file, head: 'f'.repeat(40) }), 'of the commit ffff'],
    ['another registry', (file) => ({ ...file, registry: 'other' }), 'of the registry "other"'],
    ['another release', (file) => ({ ...file, releases: [] }), 'does not have graph-lens 1.1.0'],
    ['other bytes', (file) => altered(file, { manifest: sha256(Buffer.from('x')) }), 'of other bytes'],
    [
      'another artifact',
      (file) => altered(file, { artifacts: [sha256(Buffer.from('x'))] }),
      'of other bytes',
    ],
    ['tests that failed', (file) => altered(file, { tests: 'failed' }), 'Own tests: failed'],
    [
      'a finding that the job itself calls waived',
      (file) =>
        altered(file, {
          scan: {
            rules: '1',
            score: 60,
            coverage: 1,
            passed: true,
            findings: [{ rule: 'eval', severity: 'high', points: 40, message: 'eval', waived: 'it is fine' }],
          },
        }),
      'The scan found eval, of severity high.',
    ],
  ])('is blocked by a measurement of %s', async (_, change, sentence) => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    const before = await opened.repository.git.resolve('refs/heads/main');
    const file = change(await opened.measure(issue), issue);
    expect((await report(opened, issue, { measurement: { kind: 'file', file } })).state).toBe('blocked');
    expect(opened.comments(issue)[0]).toContain(sentence);
    expect(issue.labels).toContain('blocked');
    expect(await opened.repository.git.resolve('refs/heads/main')).toBe(before);
  });
});

describe('what the workflow says', () => {
  it('is one comment, and a second run changes nothing', async () => {
    const opened = await world();
    const issue = await opened.submit(NEW);
    expect((await report(opened, issue)).state).toBe('waiting');
    const changes = (): number => opened.github.said.filter(({ method }) => method !== 'GET').length;
    const before = changes();
    const [comment] = opened.comments(issue);
    await report(opened, issue);
    expect(changes()).toBe(before);
    expect(opened.comments(issue)).toEqual([comment]);
    expect(comment).toContain('word-counts is new to the registry.');
    expect(issue.labels.toSorted()).toEqual(['needs-review', 'waiting']);
  });

  it('asks three reviewers and no author, and remembers when', async () => {
    const opened = await world();
    const issue = await opened.submit(NEW);
    await report(opened, issue);
    expect(issue.pull!.requested).toHaveLength(3);
    const { asked } = readRecord(opened.comments(issue)[0]!)!;
    expect(
      Object.keys(asked)
        .map((name) => `${name}-hub`)
        .toSorted(),
    ).toEqual(issue.pull!.requested.map(({ login }) => login).toSorted());
    expect(new Set(Object.values(asked))).toEqual(new Set([opened.clock.now()]));
  });

  it('does not believe a comment of somebody else, whatever it begins with', async () => {
    const opened = await world();
    const issue = await opened.submit(NEW);
    const record = { head: issue.pull!.headSha, since: '2020-01-01T00:00:00Z', asked: {}, reminded: {} };
    const forged = `${RECORD_MARKER}${JSON.stringify({ ...record, measured: 'passed', figures: [], findings: [] })} -->`;
    const stranger = opened.github.createUser('stranger');
    issue.comments.push({ id: 1, user: stranger, body: forged });
    const result = await report(opened, issue, { measurement: { kind: 'remembered' } });
    expect(result.state).toBe('waiting');
    expect(opened.comments(issue)).toHaveLength(1);
    expect(opened.comments(issue, 'stranger')).toEqual([forged]);
  });

  it('takes nothing of a pull request for more than text', async () => {
    const opened = await world();
    const evil = '<script>alert(1)</script> @everybody ![x](https://evil.example/x.png) --> #1';
    const issue = await opened.submit(UPDATE, {
      title: evil,
      body: evil,
      branch: 'x;echo${IFS}hi`id`',
      edits: { 'plugins/<img src=x onerror=alert(1)>@everybody.toml': '[x](https://evil.example)' },
    });
    expect((await report(opened, issue)).state).toBe('blocked');
    const [comment = ''] = opened.comments(issue);
    expect(comment).toContain('\\<img src=x');
    expect(comment).not.toMatch(/[^\\]<(?!!-- sheaf)/);
    expect(comment.replaceAll(/^<!--.*-->$/gm, '')).not.toMatch(/@\w|https?:\/\/|-->/);
  });

  it('shows every finding with its rule, and blocks', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE, { edits: { '.github/workflows/evil.yml': 'on: push' } });
    expect((await report(opened, issue)).state).toBe('blocked');
    expect(opened.comments(issue)[0]).toContain('nothing-else');
    expect(issue.labels.toSorted()).toEqual(['blocked', 'machine-merge']);
  });

  it('is nothing for a pull request that is closed, merged, gone, elsewhere or moved on', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    const left = async (options: Reporting = {}) => {
      const result = await report(opened, issue, options);
      return result.state === 'left' ? result.because : result.state;
    };
    expect(await left({ head: 'a'.repeat(40) })).toBe(
      'The pull request 1 got another commit in the meantime.',
    );
    issue.state = 'closed';
    expect(await left()).toBe('The pull request 1 is closed.');
    issue.state = 'open';
    const missing = { number: 9, merge: true, dryRun: false, measurement: { kind: 'unused' } } as const;
    expect(await reportSubmission(opened.ports, missing)).toMatchObject({
      because: 'There is no pull request 9.',
    });
    expect((await report(opened, issue)).state).toBe('merged');
    expect(await left()).toBe('The pull request 1 is merged.');
    expect(opened.comments(issue)).toHaveLength(1);
  });
});

describe('the merge', () => {
  it('is left when the head moves while the pull request is judged', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE, { branch: 'r' });
    const measurement = { kind: 'file', file: await opened.measure(issue) } as const;
    const before = await opened.repository.git.resolve('refs/heads/main');
    const { forge } = opened.ports;
    const ports = {
      ...opened.ports,
      forge: {
        ...forge,
        // Once everything is judged, its author pushes something else.
        async comment(number: number, body: string) {
          await opened.submit(UPDATE, { branch: 'r', edits: { 'evil.sh': 'x' } });
          return forge.comment(number, body);
        },
      },
    };
    const result = await reportSubmission(ports, {
      number: issue.number,
      merge: true,
      dryRun: false,
      measurement,
    });
    expect(result).toMatchObject({ state: 'left' });
    expect(await opened.repository.git.resolve('refs/heads/main')).toBe(before);
  });

  it('is refused when the name was taken since, and says so', async () => {
    const opened = await world();
    const [first, second] = [
      await opened.submit((registry) => registry.addRelease({ name: 'word-counts', version: '1.0.0' })),
      await opened.submit((registry) =>
        registry.addRelease({ name: 'word_counts'.replace('_', '-'), version: '1.0.1' }),
      ),
    ];
    for (const issue of [first, second]) {
      opened.github.review(issue, 'alice-hub', 'APPROVED');
    }
    expect((await report(opened, first)).state).toBe('merged');
    const result = await report(opened, second);
    expect(result.state).toBe('blocked');
    const main = (await opened.repository.git.git(['ls-tree', '-r', '--name-only', 'main'])).toString();
    expect(main).not.toContain('1.0.1');
  });

  it('happens for a new plugin with one approval of the commit that is there now', async () => {
    const opened = await world();
    const issue = await opened.submit(NEW, { branch: 'r' });
    opened.github.review(issue, 'alice-hub', 'APPROVED');
    const again = await opened.submit(NEW, { branch: 'r', edits: { 'plugins/x': null } });
    expect((await report(opened, again)).state).toBe('waiting');
    opened.github.review(again, 'stranger', 'APPROVED');
    expect((await report(opened, again)).state).toBe('waiting');
    opened.github.review(again, 'bob-hub', 'APPROVED');
    expect((await report(opened, again)).state).toBe('merged');
  });

  it('happens 72 hours after the workflow saw the commit, and never while somebody objects', async () => {
    const opened = await world();
    const issue = await opened.submit(NEW);
    expect((await report(opened, issue)).state).toBe('waiting');
    opened.clock.time += 3 * DAY - HOUR;
    expect((await report(opened, issue)).state).toBe('waiting');
    opened.clock.time += HOUR;
    opened.github.review(issue, 'alice-hub', 'CHANGES_REQUESTED');
    expect((await report(opened, issue)).state).toBe('blocked');
    issue.pull!.reviews.length = 0;
    expect((await report(opened, issue, { measurement: { kind: 'remembered' } })).state).toBe('merged');
  });

  it('does not happen to a draft', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    issue.pull!.draft = true;
    expect((await report(opened, issue)).state).toBe('waiting');
  });

  it('does not happen without being asked for', async () => {
    const opened = await world();
    const issue = await opened.submit(UPDATE);
    expect((await report(opened, issue, { merge: false })).state).toBe('merge');
    expect(issue.state).toBe('open');
  });
});

describe('a pull request without a release', () => {
  it('is merged by the machine when an owner yanks what is theirs', async () => {
    const opened = await world();
    const issue = await opened.submit((registry) =>
      registry.setPlugin('graph-lens', { yanked: { ['1.0.0' as Version]: 'It loses data.' } }),
    );
    const result = await report(opened, issue, { measurement: { kind: 'remembered' } });
    expect([result.state, opened.comments(issue)[0]]).toEqual([
      'merged',
      expect.stringContaining('Signed by those'),
    ]);
  });

  it('gives nobody a name without a release', async () => {
    const opened = await world();
    const issue = await opened.submit((registry) => registry.setPlugin('fresh-name', { owner: 'author' }));
    expect((await report(opened, issue)).state).not.toBe('merged');
  });

  it('is left to maintainers when it changes what is theirs', async () => {
    const opened = await world();
    const policy = 'registry/policy/automerge.toml';
    const issue = await opened.submit(() => {}, { edits: { [policy]: '[automerge]\nenabled = true\n' } });
    opened.github.review(issue, 'alice-hub', 'APPROVED');
    expect((await report(opened, issue)).state).not.toBe('merged');
  });
});

describe('labels that waive a rule', () => {
  const label = async (opened: ReviewWorld, issue: Issue, login: string, name: string): Promise<void> => {
    const token = opened.github.classicToken(login);
    const response = await fetch(`${opened.github.api}/repos/acme/plugins/issues/${issue.number}/labels`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.value}` },
      body: JSON.stringify({ labels: [name] }),
    });
    expect(response.status).toBe(200);
  };
  const strange = (opened: ReviewWorld): Promise<Issue> => opened.submit(UPDATE, { login: 'stranger-hub' });

  it('count when a maintainer set them for this commit', async () => {
    const opened = await world();
    opened.github.now = () => '2026-11-20T10:00:00Z';
    const issue = await strange(opened);
    expect((await report(opened, issue)).state).toBe('blocked');
    await label(opened, issue, 'maintainer-hub', 'waive:submitter');
    expect((await report(opened, issue)).state).toBe('merged');
    expect(opened.comments(issue)[0]).toContain('#### Waived by a maintainer');
  });

  it('do not count when somebody set them who may only label', async () => {
    const opened = await world();
    opened.github.now = () => '2026-11-20T10:00:00Z';
    const issue = await strange(opened);
    await label(opened, issue, 'triager-hub', 'waive:submitter');
    expect((await report(opened, issue)).state).toBe('blocked');
    expect(opened.comments(issue)[0]).toContain('may not push to this registry');
  });

  it('do not count for what nobody may waive, nor for an earlier commit', async () => {
    const opened = await world();
    opened.github.now = () => '2026-11-20T10:00:00Z';
    const issue = await opened.submit(UPDATE, { edits: { 'evil.sh': 'x' } });
    await label(opened, issue, 'maintainer-hub', 'waive:nothing-else');
    expect((await report(opened, issue)).state).toBe('blocked');
    expect(opened.comments(issue)[0]).toContain('nobody may waive this rule');
    const other = await strange(opened);
    await label(opened, other, 'maintainer-hub', 'waive:submitter');
    opened.clock.time += 2 * HOUR;
    expect((await report(opened, other)).state).toBe('blocked');
    expect(opened.comments(other)[0]).toContain('before this commit was seen');
  });
});
