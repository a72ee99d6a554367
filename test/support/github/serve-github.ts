import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from '../../../src/testkit/loopback-server.ts';
import { runBackend } from '../../../src/testkit/serve-git.ts';
import { temporaryDirectory } from '../../../src/testkit/temporary-directory.ts';
import { type Answer, NOT_FOUND, Refused, refusal } from './answers.ts';
import { Github } from './github.ts';
import { authorize, type Call, matchRoute, type Route, roleOf } from './router.ts';
import { CHECK_ROUTES } from './routes/checks.ts';
import { GIT_ROUTES } from './routes/git-database.ts';
import { ISSUE_ROUTES } from './routes/issues.ts';
import { PULL_ROUTES } from './routes/pulls.ts';
import { RELEASE_ROUTES, UPLOAD_ROUTES, webDownload } from './routes/releases.ts';
import { REPOSITORY_ROUTES } from './routes/repositories.ts';
import type { Repository, Token } from './state.ts';

const API = '/api/v3';
const UPLOADS = '/api/uploads';

const ROUTES: readonly Route[] = [
  ...REPOSITORY_ROUTES,
  ...GIT_ROUTES,
  ...PULL_ROUTES,
  ...ISSUE_ROUTES,
  ...CHECK_ROUTES,
  ...RELEASE_ROUTES,
];

/** A running one. */
export interface ServedGithub {
  readonly github: Github;
  close(): Promise<void>;
}

/**
 * Starts a lifelike GitHub: its REST API below `/api/v3` and its uploads below `/api/uploads`, as GitHub Enterprise
 * Server has them, release files and Git repositories under their web addresses.
 */
export async function serveGithub(): Promise<ServedGithub> {
  const directory = await temporaryDirectory();
  let github: Github | undefined;
  const server = await listenOnLoopback((request, response) => {
    void answerRequest(github!, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error instanceof Error ? error.stack : error));
    });
  });
  github = new Github(directory.path, server.url.replace(/\/$/, ''));
  return {
    github,
    async close() {
      await server.close();
      await directory.remove();
    },
  };
}

async function answerRequest(
  github: Github,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', github.url);
  const method = request.method ?? 'GET';
  const isApi = url.pathname.startsWith(`${API}/`) || url.pathname.startsWith(`${UPLOADS}/`);
  const path = (isApi ? url.pathname.replace(/^\/api\/\w+/, '') : url.pathname) + url.search;
  const fault = github.faults.next(method, path);
  if (fault?.answer === 'cut' && fault.carriedOut !== true) {
    github.said.push({ method, path, status: 0, body: undefined });
    request.socket.destroy();
    return;
  }
  if (!isApi && isGit(url)) {
    github.said.push({ method, path, status: 200, body: undefined });
    answerGit(github, url, request, response);
    return;
  }
  const bytes = await bodyOf(request);
  let answer: Answer;
  if (fault !== undefined && fault.answer !== 'cut' && fault.carriedOut !== true) answer = fault.answer;
  else answer = isApi ? await answerApi(github, url, request, bytes) : answerWeb(github, url, request, bytes);
  if (fault?.carriedOut === true && fault.answer !== 'cut') answer = fault.answer;
  const isCut = fault?.answer === 'cut';
  github.said.push({ method, path, status: isCut ? 0 : answer.status, body: parsed(bytes) });
  if (isCut) request.socket.destroy();
  else send(response, answer);
}

async function answerApi(github: Github, url: URL, request: IncomingMessage, bytes: Buffer): Promise<Answer> {
  const method = request.method ?? 'GET';
  const isUpload = url.pathname.startsWith(`${UPLOADS}/`);
  const path = url.pathname.slice((isUpload ? UPLOADS : API).length);
  const token = tokenOf(github, request.headers.authorization);
  if (token === 'bad') return refusal(401, 'Bad credentials');
  const call = { github, method, path, query: url.searchParams, headers: request.headers, bytes, token };
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
  const renumbered =
    byId === null ? undefined : [...github.repositories.values()].find(({ id }) => id === Number(byId[1]));
  const named =
    renumbered === undefined ? path : `/repos/${renumbered.owner.login}/${renumbered.name}${byId?.[2] ?? ''}`;
  for (const route of isUpload ? UPLOAD_ROUTES : ROUTES) {
    const params = matchRoute(route, method, named);
    if (params === undefined) continue;
    try {
      return withPermissions(route, token, await answerRoute(route, { ...call, params }, url));
    } catch (error) {
      if (error instanceof Refused) return withPermissions(route, token, error.answer);
      throw error;
    }
  }
  return NOT_FOUND;
}

function answerRoute(route: Route, call: Omit<Call, 'repository'>, url: URL): Answer | Promise<Answer> {
  const { owner, repo } = call.params;
  // Routes without a repository never look at it.
  if (owner === undefined || repo === undefined) return route.answer(call as Call);
  const repository = call.github.find(owner, repo);
  if (repository === undefined) {
    const moved = call.github.movedFrom(owner, repo);
    return moved === undefined ? NOT_FOUND : redirect(call, url, moved);
  }
  const isGitRoute = route.path.includes('/git/');
  // It is to be seen before anything is in it.
  if (repository.hiddenFor > 2 || (repository.hiddenFor > 0 && isGitRoute)) {
    const isEmpty = repository.hiddenFor <= 2;
    repository.hiddenFor -= 1;
    return isEmpty ? refusal(409, 'Git Repository is empty.') : NOT_FOUND;
  }
  authorize(route, call.token, repository);
  return route.answer({ ...call, repository });
}

function redirect({ github, method, path }: Omit<Call, 'repository'>, url: URL, to: Repository): Answer {
  const rest = path.split('/').slice(4).join('/');
  const location = `${github.api}/repositories/${to.id}${rest === '' ? '' : `/${rest}`}${url.search}`;
  const status = method === 'GET' ? 301 : 307;
  return { ...refusal(status, 'Moved Permanently', { url: location }), headers: { location } };
}

/** GitHub tells with every answer what the request takes, and of classic tokens also what they have. */
function withPermissions({ needs }: Route, token: Token | undefined, answer: Answer): Answer {
  if (needs === undefined) return answer;
  const [permission, level] = needs;
  const headers: Record<string, string> = { 'x-accepted-github-permissions': `${permission}=${level}` };
  if (token?.kind === 'classic') {
    headers['x-oauth-scopes'] = token.scopes.join(', ');
    headers['x-accepted-oauth-scopes'] = level === 'read' ? '' : 'public_repo, repo';
  }
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

/** Tokens come as bearer tokens, and as the password of basic authentication from Git. */
function tokenOf(github: Github, header: string | undefined): Token | 'bad' | undefined {
  if (header === undefined) return undefined;
  const [scheme = '', value = ''] = header.split(' ');
  const secret =
    scheme.toLowerCase() === 'basic' ? Buffer.from(value, 'base64').toString().split(':').at(-1)! : value;
  const token = github.tokens.get(secret);
  return token === undefined || token.expired ? 'bad' : token;
}

function answerWeb(github: Github, url: URL, request: IncomingMessage, bytes: Buffer): Answer {
  const stored = /^\/storage\/(\d+)$/.exec(url.pathname)?.[1];
  if (stored !== undefined) {
    const assets = [...github.repositories.values()].flatMap((one) =>
      one.releases.flatMap((release) => release.assets),
    );
    const asset = assets.find(({ id }) => id === Number(stored));
    if (asset !== undefined) {
      return { status: 200, body: asset.bytes, headers: { 'content-type': 'application/octet-stream' } };
    }
  }
  const [, owner = '', repo = '', releases, download, ...rest] = decodeURIComponent(url.pathname).split('/');
  const repository = github.find(owner, repo);
  const name = rest.pop();
  if (repository === undefined || releases !== 'releases' || download !== 'download' || name === undefined) {
    return { status: 404, body: Buffer.from('Not Found') };
  }
  const call: Call = {
    github,
    method: 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    bytes,
    token: undefined,
    params: {},
    repository,
  };
  return webDownload(call, rest.join('/'), name);
}

function isGit({ pathname }: URL): boolean {
  return /^\/[^/]+\/[^/]+\/(info\/refs|git-upload-pack|git-receive-pack)$/.test(pathname);
}

function answerGit(github: Github, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const [, owner = '', repo = ''] = url.pathname.split('/');
  const repository = github.find(owner, repo.replace(/\.git$/, ''));
  const token = tokenOf(github, request.headers.authorization);
  const isPush =
    url.pathname.endsWith('git-receive-pack') || url.searchParams.get('service') === 'git-receive-pack';
  if (token === 'bad' || (token === undefined && (isPush || repository?.private === true))) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
    return;
  }
  const role = token === undefined || repository === undefined ? undefined : roleOf(token, repository);
  const isHidden = repository === undefined || (repository.private && role === undefined);
  if (isHidden) {
    response.writeHead(404).end('Repository not found.');
    return;
  }
  if (
    isPush &&
    ((role !== 'push' && role !== 'admin') ||
      (token?.kind !== 'classic' && token?.permissions.contents !== 'write'))
  ) {
    response.writeHead(403).end('Permission denied.');
    return;
  }
  runBackend(github.directory, isPush, request, response);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return bytes.length === 0 ? undefined : bytes;
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const raw = Buffer.isBuffer(body);
  response.writeHead(status, {
    ...(body === undefined || raw ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'x-github-api-version-selected': '2022-11-28',
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-used': '1',
    ...headers,
  });
  if (body === undefined) response.end();
  else response.end(raw ? body : JSON.stringify(body));
}
