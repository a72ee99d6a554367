import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PipelineWorld, pipelineWorld } from './support/pipeline-world.ts';
import { said } from './support/workflows/registry-runs.ts';
import { siteDirectory } from './support/workflows/stand-ins.ts';

/** The workflows, as they are in the repository, carried out on a lifelike GitHub: from a pull request to a signed index. */

let world: PipelineWorld;

beforeEach(async () => {
  world = await pipelineWorld();
});
afterEach(() => world.remove());

describe('a pull request that withdraws a version', () => {
  it('is validated with no right to write, reported, merged by exactly its commit, audited and published', async () => {
    const issue = await world.submit((registry) => {
      registry.setPlugin('graph-lens', { yanked: { ['1.0.0' as never]: 'corrupts large graphs' } });
    });
    const reviewed = await world.review(issue);
    expect(said(reviewed)).toBe('');
    expect(world.github.changes().filter((one) => !one.includes('git-upload-pack'))).toEqual([]);

    const reported = await world.report(issue, reviewed);
    expect(said(reported)).toBe('');
    expect(reported.jobs['merge']?.result).toBe('success');
    expect(world.comments(issue, 'github-actions[bot]')).toHaveLength(1);
    const { git, dispatches } = world.repository;
    const parents = (await git.git(['rev-list', '--parents', '-n', '1', 'main']))
      .toString()
      .trim()
      .split(' ');
    expect(parents[2]).toBe(issue.pull!.headSha);
    expect(dispatches).toMatchObject([{ workflow: 'audit.yml', inputs: { commit: parents[0] } }]);

    const audited = await world.dispatch('audit.yml', { commit: parents[0]! });
    expect(said(audited)).toBe('');
    expect(dispatches.map(({ workflow }) => workflow)).toEqual(['audit.yml', 'publish.yml']);

    const published = await world.dispatch('publish.yml');
    expect(said(published)).toBe('');
    const checkpoint = await git.read('refs/heads/index', 'checkpoints/1-1.json');
    expect(JSON.parse(checkpoint!.toString())).toMatchObject({ source: { commit: parents[0] } });

    const queued = await world.dispatch('queue.yml');
    expect(said(queued)).toBe('');
    expect(
      await readFile(join(siteDirectory({ world: world.runner }), 'queue/index.html'), 'utf8'),
    ).toContain('<html');
    expect(await readFile(join(siteDirectory({ world: world.runner }), 'latest'), 'utf8')).toBe('1-1\n');

    const promoted = await world.dispatch('promote.yml');
    expect(said(promoted)).toBe('');
    expect(promoted.jobs['report']?.summary).toContain('graph-lens');
  });
});

describe('a pull request that is broken', () => {
  it('is shown why, and is not merged', async () => {
    const issue = await world.submit((registry) => {
      registry.setPlugin('graph-lens', { owner: 'author' }, 'thief');
    });
    const reviewed = await world.review(issue);
    expect(reviewed.jobs['validation']?.result).toBe('failure');
    expect(reviewed.jobs['validation']?.summary).toContain('plugin.toml');
    expect(reviewed.jobs['community-review']?.result).toBe('skipped');
    const before = await world.repository.git.resolve('refs/heads/main');

    const reported = await world.report(issue, reviewed);
    expect(said(reported)).not.toContain('Report');
    expect(reported.jobs['merge']?.result).toBe('skipped');
    expect(world.comments(issue, 'github-actions[bot]')[0]).toContain('plugin.toml');
    expect(await world.repository.git.resolve('refs/heads/main')).toBe(before);
  });
});
