import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { type MergePolicy, writeMergePolicy } from '../../../src/core/formats/merge-policy.ts';
import { writeReviewerPolicy } from '../../../src/core/formats/reviewer-policy.ts';
import { temporaryDirectory } from '../../../src/testkit/index.ts';
import { buildCli } from '../built-cli.ts';
import { git } from '../index-branch.ts';
import { type RealRegistry, realRegistry } from '../real-registry.ts';
import { REVIEWERS } from '../submissions.ts';
import type { GitlabWorld, ProjectVariable } from '../workflows/gitlab-world.ts';
import { type PipelineRun, runPipeline } from '../workflows/run-pipeline.ts';
import type { MergeRequest } from './serve-gitlab.ts';
import { type ServedProject, serveProject } from './serve-project.ts';

const run = promisify(execFile);

type Member = ReturnType<ServedProject['member']>;

/** A registry that `sheaf registry init --ci gitlab` made, on a GitLab that is set up as it says. */
export interface GitlabLife {
  readonly registry: RealRegistry;
  readonly project: ServedProject;
  readonly runner: GitlabWorld;
  /** Every value that nobody but trusted jobs may see. */
  readonly secrets: readonly string[];
  /** Runs the pipeline of a merge request. */
  reviewed(request: MergeRequest): Promise<PipelineRun>;
  /** Runs the pipeline of the last push to `main`. */
  pushed(before: string): Promise<PipelineRun>;
  scheduled(name: 'hourly' | 'daily' | 'weekly', runner?: GitlabWorld): Promise<PipelineRun>;
  /** Commits files on a branch as a member and pushes it, with push options; the merge request, if there is one. */
  push(
    member: Member,
    branch: string,
    files: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ): Promise<MergeRequest | undefined>;
  /** Runs the built command as a member with git credentials. */
  sheaf(member: Member, ...argv: readonly string[]): Promise<string>;
}

/**
 * Makes it; it ends with the test. The reviewer `rita` has an account.
 *
 * @param policy what machines may merge; as `registry init` leaves it when absent.
 */
export async function gitlabLife(policy?: MergePolicy): Promise<GitlabLife> {
  const registry = await realRegistry();
  const checkout = registry.at('acme');
  await registry.does('registry', 'init', checkout, '--ci', 'gitlab');
  const people = { rita: { expertise: ['graphs'], maintainer: false, gitlab: 'rita' } };
  const policies = join(checkout, 'registry/policy');
  await mkdir(policies, { recursive: true });
  await writeFile(join(policies, 'reviewers.toml'), writeReviewerPolicy({ ...REVIEWERS, people }));
  if (policy !== undefined) await writeFile(join(policies, 'automerge.toml'), writeMergePolicy(policy));
  const project = await serveProject();
  onTestFinished(() => project.close());
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const alice = project.member('alice', 40);
  await git(checkout, 'init', '--quiet', '--initial-branch=main');
  await git(checkout, 'add', '--all');
  await git(checkout, 'commit', '--quiet', '--message=Begin');
  await git(checkout, 'push', '--quiet', addressFor(project, alice), 'HEAD:main');

  const { token } = project.member('project-bot', 40);
  // As people paste it: without the line feed at its end.
  const key = (await readFile(registry.at('keys/ci'), 'utf8')).trimEnd();
  const variables: ProjectVariable[] = ['facts', 'site', 'review'].map((environment) => ({
    name: 'SHEAF_TOKEN',
    value: token,
    isProtected: true,
    environment,
  }));
  variables.push({
    name: 'SHEAF_CHECKPOINT_KEY_FILE',
    value: key,
    isProtected: true,
    environment: 'publish',
    isFile: true,
  });
  const runner: GitlabWorld = {
    url: project.url,
    api: project.gitlab.api,
    path: 'acme/plugins',
    defaultBranch: 'main',
    bare: project.bare,
    directory: directory.path,
    variables,
    protectedBranches: project.protectedBranches,
    protectedEnvironments: new Set(['publish']),
    jobToken(job) {
      const own = `job-token-of-${job}`;
      project.readers.add(own);
      return own;
    },
  };
  const main = async (): Promise<string> => (await project.head('main')) ?? '';
  const { main: program } = await buildCli();
  return {
    registry,
    project,
    runner,
    secrets: [token, ...key.split('\n').slice(1, -1)],
    reviewed: ({ iid, sha }) => runPipeline({ source: 'merge_request_event', iid, sha }, runner),
    pushed: async (before) =>
      runPipeline({ source: 'push', branch: 'main', sha: await main(), before }, runner),
    scheduled: async (name, on = runner) =>
      runPipeline(
        { source: 'schedule', branch: 'main', sha: await main(), variables: { SHEAF_SCHEDULE: name } },
        on,
      ),
    async push(member, branch, files, ...options) {
      const clone = registry.at(`clone-${member.username}`);
      const origin = addressFor(project, member);
      await git(registry.at(), 'clone', '--quiet', origin, clone).catch(() => undefined);
      await git(clone, 'fetch', '--quiet', 'origin');
      const start = (await project.head(branch)) ?? 'origin/main';
      await git(clone, 'checkout', '--quiet', '-B', branch, start);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(clone, path)), { recursive: true });
        await writeFile(join(clone, path), text);
      }
      await git(clone, 'add', '--all', '--force');
      await git(clone, 'commit', '--quiet', '--allow-empty', `--message=Change by ${member.username}`);
      const words = options.flatMap((option) => ['-o', option]);
      await git(clone, 'push', '--quiet', ...words, 'origin', `HEAD:${branch}`);
      const head = await project.head(branch);
      return project.gitlab.requests.find(({ sha }) => sha === head);
    },
    async sheaf(member, ...argv) {
      const env = {
        PATH: process.env['PATH'],
        SHEAF_HOME: registry.at('homes', member.username),
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: `!printf 'username=${member.username}\\npassword=${member.token}\\n' #`,
      };
      return run(process.execPath, [program, ...argv], { env, cwd: registry.at() }).then(
        ({ stdout }) => stdout,
        (error: Error & { readonly stdout: string; readonly stderr: string }) => {
          throw new Error(`sheaf ${argv.join(' ')}: ${error.stdout}${error.stderr}`, { cause: error });
        },
      );
    },
  };
}

function addressFor({ url }: ServedProject, { username, token }: Member): string {
  return `${url}.git`.replace('://', `://${username}:${token}@`);
}
