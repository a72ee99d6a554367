import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listenOnLoopback, temporaryDirectory } from '../../../src/testkit/index.ts';
import { runBackend } from '../../../src/testkit/serve-git.ts';
import { git } from '../index-branch.ts';
import { type GitlabUser, type MergeRequest, type ServedGitlab, serveGitlab } from './serve-gitlab.ts';

const run = promisify(execFile);

const PATH = 'acme/plugins';
const MAINTAINER = 40;
const DEVELOPER = 30;

/** A project with a real Git repository, whose pushes open merge requests by their push options. */
export interface ServedProject {
  readonly gitlab: ServedGitlab;
  /** As `CI_PROJECT_URL`: everybody reads `${url}.git`, members push. */
  readonly url: string;
  /** The bare repository. */
  readonly bare: string;
  /** Branches that maintainers alone may push to. */
  readonly protectedBranches: ReadonlySet<string>;
  /** Tokens that read and nothing else: those of jobs. */
  readonly readers: Set<string>;
  /** A new member with a token. */
  member(username: string, level?: number): GitlabUser & { readonly token: string };
  /** Commit of a branch or ref; undefined without it. */
  head(ref: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Serves the new, empty project `acme/plugins`, whose default branch is `main`. */
export async function serveProject(): Promise<ServedProject> {
  const gitlab = await serveGitlab();
  const directory = await temporaryDirectory();
  const bare = join(directory.path, `${PATH}.git`);
  await mkdir(bare, { recursive: true });
  await git(bare, 'init', '--quiet', '--bare', '--template=', '--initial-branch=main');
  await git(bare, 'config', 'receive.advertisePushOptions', 'true');
  await git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const branches = new Map<MergeRequest, string>();
  const state: PushState = { bare, gitlab, branches, protectedBranches, pusher: undefined, url: '' };
  const readers = new Set<string>();
  const server = await listenOnLoopback((request, response) => {
    const [, hook] = /^\/internal\/(allowed|received)$/.exec(request.url ?? '') ?? [];
    if (hook === undefined) return serveRepository(directory.path, state, readers, request, response);
    void answerHook(hook, state, request, response);
  });
  state.url = `${server.url}${PATH}`;
  await writeHooks(bare, server.url);
  let tokens = 0;
  return {
    gitlab,
    url: state.url,
    bare,
    protectedBranches,
    readers,
    member(username, level = DEVELOPER) {
      const user = gitlab.createUser(username);
      gitlab.members.set(user.id, level);
      tokens += 1;
      const token = `glpat-${username}-${tokens}`;
      gitlab.tokens.set(token, user);
      return { ...user, token };
    },
    head: (ref) => headOf(bare, ref),
    async close() {
      await server.close();
      await gitlab.close();
      await directory.remove();
    },
  };
}

const protectedBranches: ReadonlySet<string> = new Set(['main', 'facts', 'index', 'pages']);

interface PushState {
  readonly bare: string;
  readonly gitlab: ServedGitlab;
  /** Source branches. */
  readonly branches: Map<MergeRequest, string>;
  readonly protectedBranches: ReadonlySet<string>;
  /** Who pushes at the moment: tests push one after the other. */
  pusher: GitlabUser | undefined;
  url: string;
}

/** As a server does: hooks ask it whether a push is allowed, and tell it what came of it. */
async function writeHooks(bare: string, server: string): Promise<void> {
  await mkdir(join(bare, 'hooks'));
  for (const [name, address] of [
    ['pre-receive', 'allowed'],
    ['post-receive', 'received'],
  ] as const) {
    const script = [
      '#!/bin/sh',
      '{ cat; echo; i=0; while [ "$i" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do',
      '  eval "printf \'%s\\n\' \\"\\$GIT_PUSH_OPTION_$i\\""; i=$((i + 1)); done; } |',
      `  curl --silent --fail-with-body --data-binary @- '${server}internal/${address}'`,
      '',
    ];
    await writeFile(join(bare, 'hooks', name), script.join('\n'));
    await chmod(join(bare, 'hooks', name), 0o755);
  }
}

function serveRepository(
  directory: string,
  state: PushState,
  readers: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const password = Buffer.from((request.headers.authorization ?? '').replace(/^basic /i, ''), 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  const user = state.gitlab.tokens.get(password);
  const isKnown = user !== undefined || readers.has(password);
  if (request.headers.authorization !== undefined && !isKnown) return void response.writeHead(401).end();
  if (!(request.url ?? '').includes('git-receive-pack')) {
    return runBackend(directory, false, request, response);
  }
  if (request.headers.authorization === undefined) {
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="GitLab"' }).end();
  }
  const level = user === undefined ? 0 : (state.gitlab.members.get(user.id) ?? 0);
  if (level < DEVELOPER) return void response.writeHead(403).end();
  state.pusher = user;
  runBackend(directory, true, request, response);
}

interface PushedRef {
  readonly before: string;
  readonly after: string;
  readonly branch: string;
}

async function answerHook(
  hook: string,
  state: PushState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [refs = '', options = ''] = Buffer.concat(chunks).toString().split('\n\n');
  const pushed = refs
    .trim()
    .split('\n')
    .map((line): PushedRef => {
      const [before = '', after = '', ref = ''] = line.split(' ');
      return { before, after, branch: ref.replace('refs/heads/', '') };
    });
  if (hook === 'allowed') {
    const refusal = refusalOf(state, pushed);
    response.writeHead(refusal === undefined ? 200 : 403).end(refusal);
    return;
  }
  const said: string[] = [];
  for (const ref of pushed) said.push(await receive(state, ref, options.trim().split('\n')));
  response.end(said.join(''));
}

function refusalOf({ pusher, gitlab, protectedBranches }: PushState, pushed: readonly PushedRef[]) {
  const level = gitlab.members.get(pusher?.id ?? 0) ?? 0;
  const refused = pushed.find(({ branch }) => protectedBranches.has(branch) && level < MAINTAINER);
  if (refused === undefined) return undefined;
  return 'GitLab: You are not allowed to push code to protected branches on this project.\n';
}

/** Opens a merge request, or brings those of the branch up to date, and says its address. */
async function receive(
  state: PushState,
  { after, branch }: PushedRef,
  options: readonly string[],
): Promise<string> {
  const { bare, gitlab, branches, pusher, url } = state;
  if (branch === 'main') await closeMerged(bare, gitlab, after);
  const open = gitlab.requests.find((one) => one.state === 'opened' && branches.get(one) === branch);
  let request = open;
  if (request === undefined && options.includes('merge_request.create') && pusher !== undefined) {
    request = gitlab.open(pusher, after);
    branches.set(request, branch);
    for (const option of options) {
      const [, name, value = ''] = /^merge_request\.(label|target)=(.*)$/.exec(option) ?? [];
      if (name === 'label') request.labels.push(value);
      if (name === 'target') request.target_branch = value;
    }
  }
  if (request === undefined) return '';
  request.sha = after;
  await git(bare, 'update-ref', `refs/merge-requests/${request.iid}/head`, after);
  return `\nView merge request for ${branch}:\n  ${url}/-/merge_requests/${request.iid}\n\n`;
}

/** GitLab sees by itself that somebody merged with git. */
async function closeMerged(bare: string, { requests }: ServedGitlab, main: string): Promise<void> {
  for (const request of requests.filter(({ state }) => state === 'opened')) {
    const isMerged = await run('git', ['merge-base', '--is-ancestor', request.sha, main], { cwd: bare }).then(
      () => true,
      () => false,
    );
    if (isMerged) request.state = 'merged';
  }
}

async function headOf(bare: string, ref: string): Promise<string | undefined> {
  const wanted = ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
  return run('git', ['rev-parse', '--verify', '--quiet', wanted], { cwd: bare }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
