import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { type AuditFile, readAuditFile } from '../src/core/formats/audit-file.ts';
import type { Issue } from './support/github/state.ts';
import { specimen } from './support/measuring-world.ts';
import { type PipelineWorld, pipelineWorld } from './support/pipeline-world.ts';
import { runSheaf } from './support/run-sheaf.ts';
import { said } from './support/workflows/registry-runs.ts';

/** What maintainers let pass: from the label of a pull request to the facts about the release. */

let world: PipelineWorld;
beforeEach(async () => {
  world = await pipelineWorld((registry) => registry.addRelease(specimen('1.0.0')));
});
afterEach(() => world.remove());

/** A release with a call of eval in it, which is a finding of high severity. */
function dangerous(): Promise<Issue> {
  const code = 'export function run(input) { return eval("input"); }';
  const files = { ...specimen('1.0.0').files, 'specimen.js': code };
  return world.submit((registry) => registry.addRelease(specimen('1.1.0', { files })));
}

async function label(issue: Issue, login: string, name: string): Promise<void> {
  const response = await fetch(`${world.github.api}/repos/acme/plugins/issues/${issue.number}/labels`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.github.classicToken(login).value}` },
    body: JSON.stringify({ labels: [name] }),
  });
  expect(response.status).toBe(200);
}

/** plugin-review.yml and report.yml, one after the other. */
async function judge(issue: Issue) {
  const reviewed = await world.review(issue);
  return { reviewed, reported: await world.report(issue, reviewed) };
}

async function facts(): Promise<AuditFile> {
  const path = 'registry/security/audits/sp/specimen/1.1.0.toml';
  return valueOf(readAuditFile((await world.repository.git.read('refs/heads/facts', path))!, path));
}

describe('a waiver of a maintainer', () => {
  it('makes the check green, lets the release in, and is in the history and in the facts for good', async () => {
    const issue = await dangerous();
    const before = await judge(issue);
    expect(before.reviewed.jobs['validation']?.result).toBe('failure');
    expect(before.reported.jobs['merge']?.result).toBe('skipped');
    expect(world.comments(issue)[0]).toContain('(security-findings');

    await label(issue, 'maintainer-hub', 'waive:security-findings');
    const after = await judge(issue);
    expect(after.reviewed.jobs['validation']?.result).toBe('success');
    expect(said(after.reported)).toBe('');
    expect(after.reported.jobs['merge']?.result).toBe('success');
    expect(world.comments(issue)[0]).toContain('#### Waived by a maintainer');

    const { git, dispatches } = world.repository;
    const message = (await git.git(['log', '-1', '--format=%B', 'main'])).toString().trim();
    expect(message).toBe(
      `Merge #${issue.number}: specimen 1.1.0\n\nWaived: security-findings by maintainer-hub`,
    );
    const [{ inputs }] = dispatches as unknown as [{ inputs: Record<string, string> }];
    const audited = await world.dispatch('audit.yml', inputs);
    expect(said(audited)).not.toContain('Record:');
    const { waivers, scan } = await facts();
    const reason = `Merge #${issue.number}: specimen 1.1.0`;
    expect(waivers).toEqual([{ rule: 'security-findings', by: 'maintainer-hub', reason }]);
    expect(scan).toMatchObject({ passed: true });
    const high = scan!.findings.filter(({ severity }) => severity === 'high');
    expect(high.length).toBeGreaterThan(0);
    expect(high.every(({ waived }) => waived === reason)).toBe(true);
  });

  it.each([
    ['triager-hub', 'may not push to this registry'],
    ['author-hub', 'may not push to this registry'],
  ])('counts nowhere when %s sets it', async (login, because) => {
    const issue = await dangerous();
    await judge(issue);
    world.github.setRole(world.repository, login, 'triage');
    await label(issue, login, 'waive:security-findings');
    const { reviewed, reported } = await judge(issue);
    expect(reviewed.jobs['validation']?.result).toBe('failure');
    expect(said(reviewed)).toContain(because);
    expect(reported.jobs['merge']?.result).toBe('skipped');
    expect(world.comments(issue)[0]).toContain(because);
  });

  it('is only about the commit that was there: another one needs another label', async () => {
    const issue = await dangerous();
    await judge(issue);
    await label(issue, 'maintainer-hub', 'waive:security-findings');
    await world.submit(() => {}, {
      branch: issue.pull!.headBranch,
      edits: { 'plugins/integrations/sp/specimen/evil.txt': 'x' },
    });
    const { reviewed, reported } = await judge(issue);
    expect(reviewed.jobs['validation']?.result).toBe('failure');
    expect(said(reviewed)).toContain('set it again');
    expect(reported.jobs['merge']?.result).toBe('skipped');
  });
});

describe('sheaf ci merge --waive', () => {
  it('says in the merge who let what pass, and takes no waiver of nobody', async () => {
    const issue = await world.submit((registry) => registry.addRelease(specimen('1.1.0')));
    const merge = (waiver: string) => {
      const about = ['--head', issue.pull!.headSha, '--ref', `refs/pull/${issue.number}/head`];
      const argv = ['ci', 'merge', world.clone, ...about, '--waive', waiver, '--json'];
      return runSheaf(argv, { environment: { PATH: process.env['PATH'] } });
    };
    for (const waiver of ['name-distance', 'name-distance:', 'Name:alice', 'name-distance:a b']) {
      expect((await merge(waiver)).status).toBe(2);
    }
    const { status, stdout } = await merge('name-distance:alice');
    expect(status, stdout).toBe(0);
    const message = (await world.repository.git.git(['log', '-1', '--format=%B', 'main'])).toString();
    expect(message).toContain('\n\nWaived: name-distance by alice\n');
  });
});
