import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Issue, Repository } from '../github/state.ts';
import { runWorkflow, type WorkflowRun } from './run-workflow.ts';
import type { RunEvent, RunnerWorld } from './runner-world.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** The workflows of a registry, each started as the forge starts it. */
export interface RegistryRuns {
  /** plugin-review.yml, or what a pull request has put in its place: a forge runs the file as it is proposed. */
  review(issue: Issue, text?: string): Promise<WorkflowRun>;
  /** report.yml after that. */
  report(issue: Issue, review: WorkflowRun): Promise<WorkflowRun>;
  /** A workflow that something else starts: `schedule`, `issues`. */
  start(workflow: string, event: string, payload?: Readonly<Record<string, unknown>>): Promise<WorkflowRun>;
  /** A workflow that somebody starts by its name. */
  dispatch(workflow: string, inputs?: Readonly<Record<string, string>>): Promise<WorkflowRun>;
}

/** The files of `.github` in this repository, by path: what every registry has. */
export async function ownWorkflows(): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(join(REPOSITORY, '.github'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(async (file) => [file.slice(REPOSITORY.length), await readFile(file)] as const);
  return new Map(await Promise.all(contents));
}

/** Runs the workflow files of this repository on a registry of the lifelike GitHub. */
export function registryRuns({ git }: Pick<Repository, 'git'>, runner: RunnerWorld): RegistryRuns {
  const run = async (
    workflow: string,
    event: Omit<RunEvent, 'ref' | 'sha' | 'actor'>,
    { world = runner, text }: { readonly world?: RunnerWorld; readonly text?: string | undefined } = {},
  ): Promise<WorkflowRun> => {
    const own = text ?? (await readFile(join(REPOSITORY, '.github/workflows', workflow), 'utf8'));
    const sha = (await git.resolve('refs/heads/main'))!;
    return runWorkflow(own, { ...event, ref: 'refs/heads/main', sha, actor: 'author-hub' }, world);
  };
  return {
    review({ number, user, title, body, pull }, text) {
      const head = { sha: pull!.headSha, ref: pull!.headBranch };
      const payload = {
        pull_request: { number, title, body, head, user: { id: user.id, login: user.login } },
      };
      return run('plugin-review.yml', { name: 'pull_request', payload }, { world: ofFork(runner), text });
    },
    report({ pull }, { id }) {
      // Of a fork's commit a forge lists no pull requests here, and a run may call itself whatever it likes.
      const told = { head_sha: pull!.headSha, pull_requests: [], display_title: 'plugin-review of 99' };
      const payload = { workflow_run: { id, event: 'pull_request', head_branch: pull!.headBranch, ...told } };
      return run('report.yml', { name: 'workflow_run', payload });
    },
    start: (workflow, name, payload = {}) => run(workflow, { name, payload }),
    dispatch: (workflow, inputs = {}) => run(workflow, { name: 'workflow_dispatch', payload: {}, inputs }),
  };
}

/** What a pull request of a fork starts has no secret, and a token that reads at most, whatever its workflow says. */
function ofFork(runner: RunnerWorld): RunnerWorld {
  return {
    ...runner,
    secrets: () => ({}),
    token(permissions, job) {
      const read = Object.entries(permissions).map(([name, right]) => [
        name,
        right === 'write' ? 'read' : right,
      ]);
      return runner.token(Object.fromEntries(read) as typeof permissions, job);
    },
  };
}

/** What each step that failed said. */
export function said({ jobs }: WorkflowRun): string {
  return Object.values(jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ conclusion }) => conclusion === 'failure')
    .map(({ name, output }) => `${name}: ${output}`)
    .join('\n');
}
