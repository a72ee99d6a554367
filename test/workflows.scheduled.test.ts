import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { monthBefore, monthOf } from '../src/core/downloads/monthly-counts.ts';
import { valueOf } from '../src/core/finding.ts';
import { readAuditFile, writeAuditFile } from '../src/core/formats/audit-file.ts';
import { readCollectionFile } from '../src/core/formats/collection-file.ts';
import { readReleaseManifest } from '../src/core/formats/manifest.ts';
import { DAY, HOUR } from '../src/core/instant.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import { readRecord, writeRecord } from '../src/core/reviewing/submission-record.ts';
import type { Version } from '../src/core/version.ts';
import type { Asset, Issue } from './support/github/state.ts';
import { specimen } from './support/measuring-world.ts';
import { type PipelineWorld, pipelineWorld } from './support/pipeline-world.ts';
import { said } from './support/workflows/registry-runs.ts';
import type { WorkflowRun } from './support/workflows/run-workflow.ts';
import { artifactDirectory, siteDirectory } from './support/workflows/stand-ins.ts';

/** What runs by the clock and by issues: every step of these workflows, carried out on the lifelike GitHub. */

const RELEASE = 'plugins/integrations/sp/specimen/1.0.0.toml';
const FACTS = 'registry/security/audits/sp/specimen/1.0.0.toml';

let world: PipelineWorld;
beforeEach(async () => {
  world = await pipelineWorld((registry) => registry.addRelease(specimen('1.0.0')));
});
afterEach(() => world.remove());

const onSchedule = (workflow: string): Promise<WorkflowRun> => world.start(workflow, 'schedule');

/** Each own step of a run that was not left out, with how it went. */
function steps({ jobs }: WorkflowRun): Readonly<Record<string, string>> {
  const all = Object.values(jobs).flatMap((job) => job.steps);
  return Object.fromEntries(
    all
      .filter(({ name }) => !name.includes('@') && !name.startsWith('./'))
      .map((one) => [one.name, one.conclusion]),
  );
}

/** The file of the release of the author's repository that holds an artifact. */
async function assetOf(path: string): Promise<Asset> {
  const manifest = valueOf(
    readReleaseManifest((await world.repository.git.read('refs/heads/main', path))!, path),
  );
  const name = manifest.artifacts[0]!.url.split('/').at(-1);
  const assets = world.github.find('author-hub', 'tools')!.releases.flatMap((release) => release.assets);
  return assets.find((asset) => asset.name === name)!;
}

describe('links.yml', () => {
  it('is green while every address serves the bytes that were signed, and red with their names when one does not', async () => {
    const sound = await onSchedule('links.yml');
    expect(steps(sound)).toMatchObject({ 'Fetch every artifact': 'success' });
    expect(sound.conclusion).toBe('success');

    const asset = await assetOf(RELEASE);
    const { assets } = world.github.find('author-hub', 'tools')!.releases[0]!;
    assets[assets.indexOf(asset)] = { ...asset, bytes: Buffer.concat([asset.bytes, Buffer.from('!')]) };
    const broken = await onSchedule('links.yml');
    expect(broken.conclusion).toBe('failure');
    expect(said(broken)).toContain('specimen');
    expect(broken.jobs['links']?.summary).toContain('specimen');
  });
});

describe('stats.yml', () => {
  const counted = async (): Promise<number | undefined> => {
    const bytes = await world.repository.git.read('refs/heads/facts', FACTS);
    return valueOf(readAuditFile(bytes!, FACTS)).downloads?.total;
  };
  /** The branch of the facts, with a release that was recorded on it, and so many downloads on the forge. */
  async function recorded(downloads: number, months: Readonly<Record<string, number>> = {}): Promise<void> {
    const { git } = world.repository;
    const release = { plugin: pluginName('specimen'), version: '1.0.0' as Version };
    const facts = {
      registry: 'acme',
      ...release,
      published: 0,
      compatibility: [],
      waivers: [],
      ...(Object.keys(months).length === 0 ? {} : { downloads: { total: downloads, months } }),
    };
    await git.setRef('refs/heads/facts', (await git.resolve('refs/heads/main'))!);
    await git.commitFiles('facts', { [FACTS]: writeAuditFile(facts) });
    (await assetOf(RELEASE)).downloads = downloads;
  }

  it('counts nothing before there are facts, then what the forge counted since, once', async () => {
    const early = await onSchedule('stats.yml');
    expect([early.conclusion, JSON.stringify(early.jobs)]).toEqual([
      'success',
      expect.stringContaining('There are no facts yet.'),
    ]);
    await recorded(7);
    expect(said(await onSchedule('stats.yml'))).toBe('');
    expect(await counted()).toBe(7);
    const main = await world.repository.git.resolve('refs/heads/main');
    const head = await world.repository.git.resolve('refs/heads/facts');
    expect(said(await onSchedule('stats.yml'))).toBe('');
    expect(await world.repository.git.resolve('refs/heads/facts')).toBe(head);
    expect(await world.repository.git.resolve('refs/heads/main')).toBe(main);
    expect(world.repository.issues).toEqual([]);
  });

  it('proposes what trends by one pull request, and leaves the default branch to people', async () => {
    const lastMonth = monthBefore(monthOf(Date.now()));
    await recorded(120, { [lastMonth]: 120 });
    const { git } = world.repository;
    const main = await git.resolve('refs/heads/main');
    for (const _ of ['first day', 'second day']) expect(said(await onSchedule('stats.yml'))).toBe('');
    expect(world.repository.issues).toMatchObject([{ title: 'What trends' }]);
    expect(await git.resolve('refs/heads/main')).toBe(main);
    const trending = 'registry/collections/trending.toml';
    const collection = valueOf(
      readCollectionFile((await git.read('refs/heads/trending', trending))!, trending),
    );
    expect(collection).toMatchObject({ certifies: false, plugins: [{ name: 'specimen' }] });
  });

  it('is red when its push is refused, and counts the same the next day', async () => {
    await recorded(3);
    const hook = join(world.repository.git.directory, 'hooks/pre-receive');
    await mkdir(join(hook, '..'), { recursive: true });
    await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect((await onSchedule('stats.yml')).conclusion).toBe('failure');
    expect(await counted()).toBeUndefined();
    await rm(hook);
    expect(said(await onSchedule('stats.yml'))).toBe('');
    expect(await counted()).toBe(3);
  });
});

describe('promote.yml', () => {
  it('holds each plugin against the criteria of the next tier, and keeps the report', async () => {
    const done = await onSchedule('promote.yml');
    expect(said(done)).toBe('');
    expect(done.jobs['report']?.summary).toContain('specimen');
    const kept = join(artifactDirectory({ world: world.runner }, done.id), 'promotions');
    const report = JSON.parse(await readFile(join(kept, 'promotions.json'), 'utf8')) as object;
    expect(JSON.stringify(report)).toContain('"specimen"');
    expect(await readFile(join(kept, 'promotions.md'), 'utf8')).toBe(done.jobs['report']?.summary);
  });
});

/** Lets time pass for a pull request: its clock is the record in the workflow's own comment. */
function passTime(issue: Issue, time: number): void {
  const comment = issue.comments.find(({ user }) => user.login === 'github-actions[bot]')!;
  const [first = '', ...rest] = comment.body.split('\n');
  const record = readRecord(`${first}\n`)!;
  const back = (dates: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(dates).map(([name, date]) => [name, date - time]));
  const { asked, reminded } = record;
  const earlier = { ...record, since: record.since - time, asked: back(asked), reminded: back(reminded) };
  comment.body = [writeRecord(earlier), ...rest].join('\n');
}

describe('queue.yml', () => {
  it('reminds reviewers, asks maintainers, merges by time, starts the audit, and shows the page to all', async () => {
    const issue = await world.submit((registry) =>
      registry.addRelease(specimen('1.0.0', { name: 'word-counts' })),
    );
    const reviewed = await world.review(issue);
    expect(said(reviewed)).toBe('');
    const reported = await world.report(issue, reviewed);
    expect(said(reported)).toBe('');
    const asked = issue.pull!.requested.map(({ login }) => login);
    expect(asked).toHaveLength(3);

    const first = await onSchedule('queue.yml');
    expect(said(first)).toBe('');
    expect(world.comments(issue)).toHaveLength(1);
    const page = (): Promise<string> =>
      readFile(join(siteDirectory({ world: world.runner }), 'queue/index.html'), 'utf8');
    expect(await page()).toContain('word-counts 1.0.0');

    passTime(issue, 25 * HOUR);
    expect(said(await onSchedule('queue.yml'))).toBe('');
    expect(world.comments(issue)).toHaveLength(2);
    for (const login of asked) expect(world.comments(issue)[1]).toContain(`@${login}`);
    expect(said(await onSchedule('queue.yml'))).toBe('');
    expect(world.comments(issue)).toHaveLength(2);
    expect(issue.state).toBe('open');

    passTime(issue, 3 * DAY);
    const due = await onSchedule('queue.yml');
    expect(said(due)).toBe('');
    expect(world.comments(issue)[0]).toContain('Merged as');
    const path = 'plugins/integrations/wo/word-counts/1.0.0.toml';
    expect(await world.repository.git.read('refs/heads/main', path)).toBeDefined();
    const head = await world.repository.git.resolve('refs/heads/main');
    expect(world.repository.dispatches).toMatchObject([{ workflow: 'audit.yml', inputs: { commit: head } }]);

    expect(said(await onSchedule('queue.yml'))).toBe('');
    expect(await page()).not.toContain('word-counts 1.0.0');
  });
});

describe('submit-form.yml', () => {
  const form = (plugin: string, tag: string): string =>
    `### Plugin name\n\n${plugin}\n\n### Repository\n\n${world.github.url}/author-hub/tools\n\n### Release tag\n\n${tag}\n`;
  const open = async (body: string, labels = ['submit-plugin']) => {
    const user = world.github.createUser('author-hub');
    const about = { user, title: '$(touch pwned)', body, labels };
    const issue = world.github.openIssue(world.repository, about);
    const payload = {
      action: 'opened',
      issue: { ...issue, pull_request: undefined, labels: labels.map((name) => ({ name })) },
    };
    return { issue, run: await world.start('submit-form.yml', 'issues', payload) };
  };

  /** The next release of specimen as files of a release of its repository, as its author put them there. */
  function publishFiles(tag: string): void {
    const before = new Map(world.registry.source);
    world.registry.addRelease(specimen('1.1.0'));
    const files = [...world.registry.source].filter(([path, bytes]) => before.get(path) !== bytes);
    for (const [path] of files) {
      const bytes = before.get(path);
      if (bytes === undefined) world.registry.source.delete(path);
      else world.registry.source.set(path, bytes);
    }
    const artifacts = [...world.registry.artifacts].map(([url, bytes]) => [url, bytes] as const);
    const about = { tag, name: tag, body: '', draft: false, prerelease: false, target: 'main' };
    const tools = world.github.find('author-hub', 'tools')!;
    const asset = ([path, bytes]: readonly [string, Uint8Array]): Asset => ({
      id: world.github.nextId(),
      name: path.slice(path.lastIndexOf('/') + 1),
      bytes: Buffer.from(bytes),
      contentType: 'application/octet-stream',
      state: 'uploaded',
      downloads: 0,
    });
    tools.releases.push({ id: world.github.nextId(), ...about, assets: files.map(asset) });
    const all = tools.releases.find((release) => release.tag === 'all')!.assets;
    for (const one of artifacts.map(asset)) if (!all.some(({ name }) => name === one.name)) all.push(one);
  }

  it('makes a pull request of the form, which is then reviewed and merged like any other', async () => {
    publishFiles('v1.1.0');
    const { issue, run } = await open(form('specimen', 'v1.1.0'));
    expect(said(run)).toBe('');
    const pull = world.repository.issues.find((one) => one.pull !== undefined)!;
    expect(issue.comments.map(({ body }) => body).join()).toContain(`/pull/${pull.number}`);
    const number = String(pull.number);
    expect(world.repository.dispatches).toMatchObject([
      { workflow: 'plugin-review.yml', inputs: { 'pull-request': number } },
    ]);

    const reviewed = await world.dispatch('plugin-review.yml', { 'pull-request': number });
    expect(said(reviewed)).toBe('');
    const reported = await world.start('report.yml', 'workflow_run', {
      workflow_run: {
        id: reviewed.id,
        event: 'workflow_dispatch',
        head_sha: await world.repository.git.resolve('refs/heads/main'),
        display_title: `plugin-review of ${number}`,
        pull_requests: [],
      },
    });
    expect(said(reported)).toBe('');
    expect(reported.jobs['merge']?.result).toBe('success');
    const path = 'plugins/integrations/sp/specimen/1.1.0.toml';
    expect(await world.repository.git.read('refs/heads/main', path)).toBeDefined();
  });

  it('tells the author in a comment what is wrong, and opens nothing', async () => {
    const { issue, run } = await open(form('specimen', 'v9.9.9'));
    expect(run.conclusion).toBe('success');
    expect(issue.comments.map(({ body }) => body).join()).toContain('v9.9.9');
    expect(world.repository.issues.filter((one) => one.pull !== undefined)).toEqual([]);
  });

  it('leaves other issues alone', async () => {
    const { issue, run } = await open('It crashes.', ['bug']);
    expect(run.jobs['submit']?.result).toBe('skipped');
    expect(issue.comments).toEqual([]);
  });
});
