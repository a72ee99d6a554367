import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { StandIn, Workplace } from './runner-world.ts';

/** What the actions of others do here, by their names without the commit: with the real git, and directories for the rest. */

const run = promisify(execFile);

/** Where the artifacts of a run are kept. */
export function artifactDirectory({ world }: Pick<Workplace, 'world'>, runId: number | string): string {
  return join(world.directory, 'artifacts', String(runId));
}

/** Where the site is that was deployed last. */
export function siteDirectory({ world }: Pick<Workplace, 'world'>): string {
  return join(world.directory, 'site');
}

const checkout: StandIn = async (inputs, place) => {
  const { ref = place.ref, 'fetch-depth': depth = '1', 'persist-credentials': persist, ...rest } = inputs;
  refuseOthers('actions/checkout', rest);
  if (persist !== 'false') throw new Error('A checkout that keeps its token is not carried out.');
  const { world, workspace, token } = place;
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  const git = (...words: readonly string[]): Promise<unknown> =>
    run('git', ['-c', `http.extraheader=Authorization: basic ${basic}`, ...words], {
      cwd: workspace,
      env: {
        PATH: process.env['PATH'],
        HOME: place.temporary,
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_NOSYSTEM: '1',
      },
    });
  await git('init', '--quiet', '--template=', `--initial-branch=${world.defaultBranch}`);
  await git('remote', 'add', 'origin', `${world.server}/${world.repository}`);
  const shallow = depth === '0' ? [] : [`--depth=${depth}`];
  const isCommit = /^[0-9a-f]{40}$/.test(ref);
  const branch = ref.replace(/^refs\/heads\//, '');
  const refspec = isCommit ? ref : `+refs/heads/${branch}:refs/remotes/origin/${branch}`;
  const all = depth === '0' ? ['+refs/heads/*:refs/remotes/origin/*'] : [];
  await git('fetch', '--quiet', '--no-tags', ...shallow, 'origin', refspec, ...all);
  if (isCommit) await git('checkout', '--quiet', '--force', '--detach', ref);
  else await git('checkout', '--quiet', '--force', '-B', branch, `refs/remotes/origin/${branch}`);
};

const setupNode: StandIn = (inputs) => {
  const { 'node-version': _, ...rest } = inputs;
  refuseOthers('actions/setup-node', rest);
  return Promise.resolve();
};

const uploadArtifact: StandIn = async (inputs, place) => {
  const {
    name = '',
    path = '',
    'if-no-files-found': missing = 'warn',
    'retention-days': _,
    ...rest
  } = inputs;
  refuseOthers('actions/upload-artifact', rest);
  const [from, to] = [resolve(place.workspace, path), join(artifactDirectory(place, place.runId), name)];
  const status = await stat(from).catch(() => undefined);
  if (status === undefined || (status.isDirectory() && (await readdir(from)).length === 0)) {
    if (missing === 'error') throw new Error(`No files were found at ${path}.`);
    return;
  }
  // An artifact is never changed: a second one of its name is refused.
  await mkdir(join(to, '..'), { recursive: true });
  await mkdir(to);
  await cp(from, status.isDirectory() ? to : join(to, basename(from)), { recursive: true });
};

const downloadArtifact: StandIn = async (inputs, place) => {
  const {
    name = '',
    path = '.',
    'run-id': runId = String(place.runId),
    'github-token': token,
    ...rest
  } = inputs;
  refuseOthers('actions/download-artifact', rest);
  if (runId !== String(place.runId) && (token ?? '') === '') throw new Error('Another run takes a token.');
  const from = join(artifactDirectory(place, runId), name);
  if (name === '' || (await stat(from).catch(() => undefined)) === undefined) {
    throw new Error(`The run ${runId} has no artifact ${name}.`);
  }
  await cp(from, resolve(place.workspace, path), { recursive: true });
};

const deployPages: StandIn = async (inputs, place) => {
  refuseOthers('actions/deploy-pages', inputs);
  const [archive, site] = [
    join(artifactDirectory(place, place.runId), 'github-pages', 'artifact.tar'),
    siteDirectory(place),
  ];
  await stat(archive);
  await rm(site, { recursive: true, force: true });
  await mkdir(site, { recursive: true });
  await run('tar', ['--extract', `--file=${archive}`, `--directory=${site}`]);
  return { outputs: { page_url: 'https://pages.example/' } };
};

/** By the part of `uses` before the commit. */
export const STAND_INS: Readonly<Record<string, StandIn>> = {
  'actions/checkout': checkout,
  'actions/deploy-pages': deployPages,
  'actions/download-artifact': downloadArtifact,
  'actions/setup-node': setupNode,
  'actions/upload-artifact': uploadArtifact,
};

function refuseOthers(action: string, inputs: Readonly<Record<string, string>>): void {
  const [other] = Object.keys(inputs);
  if (other !== undefined) throw new Error(`Nothing here carries out "${other}" of ${action}.`);
}
