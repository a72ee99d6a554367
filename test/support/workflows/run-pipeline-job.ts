import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { git } from '../index-branch.ts';
import type { PipelineJob } from './gitlab-file.ts';
import { type GitlabWorld, writePackageManagers } from './gitlab-world.ts';

/** What a job left for others. */
export interface Artifacts {
  /** Its paths, below this directory. */
  readonly directory: string;
  /** Of its dotenv report. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a job is carried out with. */
export interface JobPlace {
  readonly world: GitlabWorld;
  readonly name: string;
  /** Name of its directories. */
  readonly label: string;
  readonly sha: string;
  /** The ref by which the commit is fetched. */
  readonly fetched: string;
  readonly isProtected: boolean;
  readonly predefined: Readonly<Record<string, string>>;
  readonly matrix: Readonly<Record<string, string>>;
  /** Variables of a schedule. */
  readonly triggered: Readonly<Record<string, string>>;
  readonly given: readonly Artifacts[];
}

interface Done {
  readonly ok: boolean;
  readonly output: string;
  readonly artifacts: Artifacts;
}

/** Carries out one job. The image is not run: its script runs on this machine. */
export async function runPipelineJob(job: PipelineJob, place: JobPlace): Promise<Done> {
  const { world, label } = place;
  const base = join(world.directory, 'jobs', label);
  const [workspace, home, kept] = ['builds', 'home', 'artifacts'].map((one) => join(base, one)) as [
    string,
    string,
    string,
  ];
  for (const directory of [home, kept]) await mkdir(directory, { recursive: true });
  if (job.environment !== undefined && world.protectedEnvironments.has(job.environment)) {
    if (!place.isProtected) {
      const output = `Only protected branches deploy to the environment ${job.environment}.\n`;
      return { ok: false, output, artifacts: { directory: kept, variables: {} } };
    }
  }
  const token = await world.jobToken(place.name);
  const environment = await environmentOf(job, place, { base, workspace, token });
  await checkOut(place, workspace, token, environment);
  for (const { directory } of place.given) await cp(directory, workspace, { recursive: true });
  const script = join(base, 'script.sh');
  const lines = ['set -eo pipefail', 'set +o noclobber', ...job.before_script, ...job.script];
  await writeFile(script, `${lines.join('\n')}\n`);
  const path = [await writePackageManagers(base), process.env['PATH'] ?? ''].join(delimiter);
  const { status, output } = await bash(script, {
    cwd: workspace,
    env: { LANG: 'C.UTF-8', ...environment, HOME: home, PATH: path },
    signal: AbortSignal.timeout(milliseconds(job.timeout)),
  });
  const ok = status === 0;
  return { ok, output, artifacts: await keep(job, ok, workspace, kept) };
}

/**
 * What a job has in its environment; later ones win.
 *
 * https://docs.gitlab.com/ci/variables/#cicd-variable-precedence
 */
async function environmentOf(
  job: PipelineJob,
  place: JobPlace,
  { base, workspace, token }: { readonly base: string; readonly workspace: string; readonly token: string },
): Promise<Record<string, string>> {
  const { world, isProtected, predefined } = place;
  const all: Record<string, string> = {
    ...predefined,
    CI_COMMIT_REF_PROTECTED: String(isProtected),
    CI_PROJECT_DIR: workspace,
    CI_JOB_TOKEN: token,
    // The same token again: https://docs.gitlab.com/ci/jobs/ci_job_token/
    CI_DEPENDENCY_PROXY_PASSWORD: token,
    CI_REGISTRY_PASSWORD: token,
    CI_REPOSITORY_URL: withToken(`${world.url}.git`, token),
    ...(job.environment === undefined ? {} : { CI_ENVIRONMENT_NAME: job.environment }),
  };
  Object.assign(all, job.variables, place.matrix);
  for (const { variables } of place.given) Object.assign(all, variables);
  for (const { name, value, environment, isProtected: needsProtection, isFile } of world.variables) {
    if (needsProtection && !isProtected) continue;
    if (environment !== undefined && environment !== job.environment) continue;
    all[name] = value;
    if (isFile !== true) continue;
    await mkdir(join(base, 'files'), { recursive: true });
    all[name] = join(base, 'files', name);
    await writeFile(all[name], value, { mode: 0o600 });
  }
  Object.assign(all, place.triggered);
  for (const name of Object.keys(job.variables)) all[name] = expanded(all[name] ?? '', all);
  return all;
}

/** Variables in the values of variables; one that is not set is empty. */
function expanded(value: string, all: Readonly<Record<string, string>>): string {
  return value.replace(/\$(\w+)/g, (_, name: string) => all[name] ?? '');
}

function withToken(url: string, token: string): string {
  return url.replace('://', `://gitlab-ci-token:${token}@`);
}

async function checkOut(
  { world, sha, fetched }: JobPlace,
  workspace: string,
  token: string,
  { GIT_STRATEGY: strategy, GIT_DEPTH: depth }: Readonly<Record<string, string>>,
): Promise<void> {
  if (strategy !== 'clone' || depth !== '0') throw new Error('Only whole clones are carried out.');
  await rm(workspace, { recursive: true, force: true });
  await mkdir(workspace, { recursive: true });
  await git(workspace, 'init', '--quiet', '--template=', `--initial-branch=${world.defaultBranch}`);
  await git(workspace, 'remote', 'add', 'origin', withToken(`${world.url}.git`, token));
  const refs = ['+refs/heads/*:refs/remotes/origin/*', `+${fetched}:${fetched}`];
  await git(workspace, 'fetch', '--quiet', '--no-tags', 'origin', ...refs);
  await git(workspace, 'checkout', '--quiet', '--force', '--detach', sha);
}

async function keep(
  { artifacts = {} }: PipelineJob,
  ok: boolean,
  workspace: string,
  kept: string,
): Promise<Artifacts> {
  const { paths = [], when = 'on_success', reports = {} } = artifacts;
  const isKept = when === 'always' || (when === 'on_success') === ok;
  const variables: Record<string, string> = {};
  if (!isKept) return { directory: kept, variables };
  for (const path of paths) {
    if (!/^[\w.-]+$/.test(path)) throw new Error(`Nothing here understands the path ${path}.`);
    // What is not there is a warning.
    if ((await stat(join(workspace, path)).catch(() => undefined)) === undefined) continue;
    await cp(join(workspace, path), join(kept, path), { recursive: true });
  }
  if (reports.dotenv !== undefined && ok) {
    for (const line of (await readFile(join(workspace, reports.dotenv), 'utf8')).trim().split('\n')) {
      const [, name, value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`A dotenv report has a line that names nothing: ${line}`);
      variables[name] = value;
    }
  }
  return { directory: kept, variables };
}

const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000 };

function milliseconds(timeout = '1 hour'): number {
  const [, count, unit = ''] = /^(\d+) (minute|hour)s?$/.exec(timeout) ?? [];
  if (count === undefined) throw new Error(`Nothing here understands the time ${timeout}.`);
  return Number(count) * (UNITS[unit] ?? 0);
}

function bash(
  script: string,
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', script], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}
