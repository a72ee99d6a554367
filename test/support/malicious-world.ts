import { expect } from 'vitest';
import type { SimulatedRelease } from '../../src/testkit/index.ts';
import type { TreeEntry } from './github/bare-repository.ts';
import type { Issue } from './github/state.ts';
import { specimen } from './measuring-world.ts';
import { type PipelineWorld, pipelineWorld } from './pipeline-world.ts';
import { said } from './workflows/registry-runs.ts';
import type { WorkflowRun } from './workflows/run-workflow.ts';

/**
 * A published registry on the lifelike GitHub, and its owner `author`, who turns on everybody else: they have the
 * account `author-hub`, a key and the plugin `graph-lens`; `victim` has the plugin `victim-tools`.
 */
export interface MaliciousWorld extends PipelineWorld {
  /** The next release of graph-lens; each test takes versions of its own: what one merges the others have. */
  next(change?: Partial<SimulatedRelease>): SimulatedRelease;
  /** The commits of main, facts, index and pages. */
  heads(): Promise<readonly (string | undefined)[]>;
  /** Adds to the branch of a pull request what no plain commit of files has: links, submodules, programs. */
  push(issue: Issue, entries: readonly TreeEntry[]): Promise<void>;
  /** Reviews, unless that was done, and reports a pull request that must be stopped; what its author is told. */
  isBlocked(issue: Issue, reviewed?: WorkflowRun): Promise<string>;
  /** Closes what is open, so that it is in the way of nothing that comes after. */
  closeAll(): void;
}

const BRANCHES = ['main', 'facts', 'index', 'pages'];

/** A release in which nothing is wrong; it names no engine, or every measurement would try two of them. */
export function flawless(
  version: string,
  name: string,
  change: Partial<SimulatedRelease> = {},
): SimulatedRelease {
  return specimen(version, { name, engines: {}, ...change });
}

/** Makes it. */
export async function maliciousWorld(): Promise<MaliciousWorld> {
  const world = await pipelineWorld((registry) => {
    registry.addOwner('victim');
    registry.addRelease(flawless('1.0.0', 'victim-tools'), 'victim');
  });
  const { github, repository } = world;
  await repository.git.commitFiles('facts', { 'README.md': 'Facts' });
  const wrong = said(await world.dispatch('publish.yml'));
  if (wrong !== '') throw new Error(wrong);
  const heads = (): ReturnType<MaliciousWorld['heads']> =>
    Promise.all(BRANCHES.map((branch) => repository.git.resolve(`refs/heads/${branch}`)));
  let minor = 0;
  return Object.assign(world, {
    heads,
    next(change: Partial<SimulatedRelease> = {}) {
      minor += 1;
      return flawless(`1.${minor}.0`, 'graph-lens', change);
    },
    async push(issue: Issue, entries: readonly TreeEntry[]) {
      const { headRepository, headBranch, headSha } = issue.pull!;
      const { git } = headRepository;
      const commit = await git.writeCommit(await git.writeTree(headSha, entries), [headSha], 'More');
      await git.setRef(`refs/heads/${headBranch}`, commit);
      await github.refreshPull(repository, issue);
    },
    async isBlocked(issue: Issue, reviewed?: WorkflowRun) {
      const before = await heads();
      const review = reviewed ?? (await world.review(issue));
      const reported = await world.report(issue, review);
      expect(reported.jobs['report']?.result).toBe('success');
      expect(issue.labels).toContain('blocked');
      expect(await heads()).toEqual(before);
      const comments = world.comments(issue);
      expect(comments).toHaveLength(1);
      return comments[0]!;
    },
    closeAll() {
      world.beforeJob = () => {};
      for (const issue of repository.issues) issue.state = 'closed';
    },
  });
}

/** Everything that a run printed, and what it showed people. */
export function printed({ jobs }: WorkflowRun): string {
  return Object.values(jobs)
    .flatMap(({ steps, summary }) => [...steps.map(({ output }) => output), summary])
    .join('\n');
}

/** A comment as people see it: without its first line, which is one comment of HTML that nothing in it ends. */
export function shown(comment: string): string {
  const [record = '', ...lines] = comment.split('\n');
  expect(record).toMatch(/^<!-- [^>]* -->$/);
  return lines.join('\n');
}

/** Lines that a forge would obey: not those between `stop-commands` and the word that it named. */
export function commandsIn(text: string): readonly string[] {
  const obeyed: string[] = [];
  let until: string | undefined;
  for (const line of text.split(/[\r\n]/).map((one) => one.trim())) {
    if (until === undefined) {
      [, until] = /^::stop-commands::(.+)$/.exec(line) ?? [];
      if (until === undefined && line.startsWith('::')) obeyed.push(line);
    } else if (line === `::${until}::`) {
      until = undefined;
    }
  }
  return obeyed;
}
