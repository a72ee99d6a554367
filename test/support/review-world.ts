import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../../src/core/digest.ts';
import { readReleaseManifest } from '../../src/core/formats/manifest.ts';
import type { MeasurementFile } from '../../src/core/formats/measurement-file.ts';
import { writeMergePolicy } from '../../src/core/formats/merge-policy.ts';
import { writeOwnerFile } from '../../src/core/formats/owner-file.ts';
import { type ReviewerPolicy, writeReviewerPolicy } from '../../src/core/formats/reviewer-policy.ts';
import { parseSourcePath } from '../../src/core/index/source-layout.ts';
import type { Version } from '../../src/core/version.ts';
import { createMergeTarget } from '../../src/io/git/merge.ts';
import { openProposedTrees } from '../../src/io/git/proposed-trees.ts';
import { createGithubClient } from '../../src/io/http/github/client.ts';
import { createGithubReviews } from '../../src/io/http/github/reviews.ts';
import { createHttp } from '../../src/io/http/http.ts';
import type { ReviewWorkPorts } from '../../src/ops/submissions/judge-submission.ts';
import { RegistrySimulator, type TestClock, temporaryDirectory, testClock } from '../../src/testkit/index.ts';
import type { Github } from './github/github.ts';
import { serveGithub } from './github/serve-github.ts';
import type { Issue, Level, Permission, Repository, Token } from './github/state.ts';
import { MERGE, REVIEWERS } from './submissions.ts';

/** What a job that reports and merges may do. */
export const REPORTING: Readonly<Partial<Record<Permission, Level>>> = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  actions: 'write',
  metadata: 'read',
};

/** Reviewers of whom all have an account. */
export const PEOPLE: ReviewerPolicy = {
  ...REVIEWERS,
  people: Object.fromEntries(
    Object.entries(REVIEWERS.people).map(([name, person]) => [name, { ...person, github: `${name}-hub` }]),
  ),
};

/** A registry on a forge, with a workflow that reports and merges. */
export interface ReviewWorld {
  readonly github: Github;
  readonly repository: Repository;
  readonly registry: RegistrySimulator;
  readonly clock: TestClock;
  /** The token of the workflow. */
  readonly token: Token;
  /** A bare clone, as the workflow has one. */
  readonly clone: string;
  readonly ports: ReviewWorkPorts;
  /** Opens a pull request with what `work` adds to the registry. */
  submit(work: (registry: RegistrySimulator) => void, options?: Submitting): Promise<Issue>;
  /** A measurement in which all went well. */
  measure(issue: Issue): Promise<MeasurementFile>;
  /** Bodies of the comments of an account on a pull request. */
  comments(issue: Issue, login?: string): readonly string[];
  remove(): Promise<void>;
}

export interface Submitting {
  readonly login?: string;
  readonly branch?: string;
  readonly title?: string;
  readonly body?: string;
  readonly edits?: Readonly<Record<string, string | Uint8Array | null>>;
}

/**
 * The accounts of the world: `author-hub` owns `author`; `maintainer-hub` may push, `triager-hub` may only label.
 *
 * @param artifactsAt address below which the artifacts of `author` lie; nowhere when absent.
 */
export async function reviewWorld(
  prepare: (registry: RegistrySimulator) => void = () => {},
  artifactsAt: (github: Github) => string = () => 'https://plugins.example/artifacts/',
): Promise<ReviewWorld> {
  const served = await serveGithub();
  const { github } = served;
  const scratch = await temporaryDirectory();
  const artifactBase = artifactsAt(github);
  const registry = new RegistrySimulator({ id: 'acme', artifactBase });
  const author = github.createUser('author-hub');
  const about = { repositories: [artifactBase], githubId: author.id };
  registry.source.set('registry/trust/owners/author/owner.toml', writeOwnerFile(about));
  registry.source.set('registry/policy/reviewers.toml', writeReviewerPolicy(PEOPLE));
  registry.source.set('registry/policy/automerge.toml', writeMergePolicy(MERGE));
  registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
  prepare(registry);
  const files = Object.fromEntries(registry.source);
  const repository = await github.createRepository('acme/plugins', { files });
  github.setRole(repository, 'maintainer-hub', 'push');
  github.setRole(repository, 'triager-hub', 'triage');
  for (const { github: login } of Object.values(PEOPLE.people))
    github.setRole(repository, login ?? '', 'read');
  repository.workflows.add('audit.yml').add('plugin-review.yml');
  const token = github.workflowToken(repository, REPORTING);
  const clone = join(scratch.path, 'ci.git');
  await promisify(execFile)('git', ['clone', '--quiet', '--bare', repository.git.directory, clone]);

  const clock = testClock(registry.now);
  const http = createHttp({ offline: false, environment: {} });
  const server = { api: `${github.api}/`, prefix: `${github.url}/` };
  const client = createGithubClient({
    http,
    server,
    token: () => Promise.resolve({ value: token.value, origin: 'test' }),
    delay: 1,
  });
  const ports: ReviewWorkPorts = {
    forge: createGithubReviews(client, 'acme/plugins'),
    target: createMergeTarget(clone, { remote: repository.git.directory, branch: 'main' }, process.env),
    openTrees: (base, head) => openProposedTrees(clone, { base, head }, process.env),
    clock,
  };
  let branches = 0;

  return {
    github,
    repository,
    registry,
    clock,
    token,
    clone,
    ports,
    async submit(work, { login = 'author-hub', branch, title = 'A release', body = '', edits = {} } = {}) {
      const user = github.createUser(login);
      const fork = github.inNetwork(repository, login) ?? (await github.fork(repository, user));
      const before = new Map(registry.source);
      work(registry);
      const added = [...registry.source].filter(([path, bytes]) => before.get(path) !== bytes);
      registry.source.clear();
      for (const [path, bytes] of before) registry.source.set(path, bytes);
      branches += 1;
      const name = branch ?? `release-${branches}`;
      const main = await repository.git.resolve('refs/heads/main');
      if ((await fork.git.resolve(`refs/heads/${name}`)) === undefined)
        await fork.git.setRef(`refs/heads/${name}`, main!);
      await fork.git.commitFiles(name, { ...Object.fromEntries(added), ...edits });
      const open = repository.issues.find((one) => one.pull?.headBranch === name && one.state === 'open');
      if (open !== undefined) {
        await github.refreshPull(repository, open);
        return open;
      }
      return (await github.openPull(repository, { user, head: fork, branch: name, title, body }))!;
    },
    async measure(issue) {
      const { headSha, baseSha } = issue.pull!;
      const releases: MeasurementFile['releases'][number][] = [];
      for (const { filename } of await repository.git.differences(baseSha, headSha)) {
        const source = parseSourcePath(filename);
        if (source?.kind !== 'release') continue;
        const bytes = (await repository.git.read(headSha, filename))!;
        const { name, version, artifacts } = readReleaseManifest(bytes, filename).value!;
        releases.push({
          plugin: name,
          version,
          manifest: sha256(bytes),
          artifacts: artifacts.map((one) => one.sha256),
          scan: { rules: '1', score: 100, coverage: 1, passed: true, findings: [] },
          tests: 'passed',
          conformance: 'passed',
          compatibility: [],
          problems: [],
        });
      }
      return {
        registry: 'acme',
        base: baseSha,
        head: headSha,
        tools: { sheaf: '1.0.0' as Version, platform: 'linux-x64', isolation: 'os' },
        releases,
      };
    },
    comments: ({ comments }, login = 'github-actions[bot]') =>
      comments.filter(({ user }) => user.login === login).map(({ body }) => body),
    async remove() {
      await http.close();
      await served.close();
      await scratch.remove();
    },
  };
}
