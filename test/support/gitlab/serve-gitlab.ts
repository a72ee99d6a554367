import type { IncomingMessage } from 'node:http';
import { listenOnLoopback } from '../../../src/testkit/index.ts';

/** A GitLab on this machine, as far as its merge requests go: version 4 of its REST API for one project. */

export interface GitlabUser {
  readonly id: number;
  readonly username: string;
}

export interface GitlabNote {
  readonly id: number;
  readonly author: GitlabUser;
  body: string;
  readonly system: boolean;
  readonly created_at: string;
}

export interface MergeRequest {
  readonly iid: number;
  readonly author: GitlabUser;
  sha: string;
  state: 'opened' | 'closed' | 'merged';
  draft: boolean;
  target_branch: string;
  labels: string[];
  readonly label_events: { readonly user: GitlabUser; readonly action: string; readonly label: string }[];
  reviewers: { readonly user: GitlabUser; state: string }[];
  readonly approved_by: GitlabUser[];
  readonly notes: GitlabNote[];
}

export interface ServedGitlab {
  /** As `CI_API_V4_URL`. */
  readonly api: string;
  readonly users: GitlabUser[];
  /** Access levels by account. */
  readonly members: Map<number, number>;
  readonly requests: MergeRequest[];
  readonly pipelines: unknown[];
  /** Requests that changed something. */
  readonly changes: string[];
  /** Accounts by token. */
  readonly tokens: Map<string, GitlabUser>;
  createUser(username: string): GitlabUser;
  open(author: GitlabUser, sha: string): MergeRequest;
  /** What GitLab itself writes into the notes. */
  approve(request: MergeRequest, user: GitlabUser): void;
  close(): Promise<void>;
}

const AT = '2026-11-20T10:00:00.123Z';
/** Small, so that every list of a test has several. */
const PAGE = 2;

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Starts it. The project is `acme/plugins`. */
export async function serveGitlab(): Promise<ServedGitlab> {
  let ids = 100;
  const nextId = (): number => (ids += 1);
  const server = await listenOnLoopback((request, response) => {
    void (async () => {
      const body = await readBody(request);
      const url = new URL(request.url ?? '/', server.url);
      const user = world.tokens.get((request.headers.authorization ?? '').replace('Bearer ', ''));
      const method = request.method ?? 'GET';
      const { status, body: answer } =
        user === undefined ? { status: 401, body: {} } : reply(world, nextId, method, url, body, user);
      if (method !== 'GET') world.changes.push(`${method} ${url.pathname}`);
      const page = Number(url.searchParams.get('page') ?? 1);
      const isList = Array.isArray(answer);
      const shown = isList ? answer.slice((page - 1) * PAGE, page * PAGE) : answer;
      const next = new URL(url);
      next.searchParams.set('page', String(page + 1));
      const hasNext = isList && answer.length > page * PAGE;
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(hasNext ? { link: `<${next.href}>; rel="next"` } : {}),
      });
      response.end(JSON.stringify(shown));
    })();
  });
  const world: ServedGitlab = {
    api: `${server.url}api/v4`,
    users: [],
    members: new Map(),
    requests: [],
    pipelines: [],
    changes: [],
    tokens: new Map(),
    createUser(username) {
      const user = { id: nextId(), username };
      world.users.push(user);
      return user;
    },
    open(author, sha) {
      const request: MergeRequest = {
        iid: world.requests.length + 1,
        author,
        sha,
        state: 'opened',
        draft: false,
        target_branch: 'main',
        labels: [],
        label_events: [],
        reviewers: [],
        approved_by: [],
        notes: [],
      };
      world.requests.push(request);
      return request;
    },
    approve(request, user) {
      request.approved_by.push(user);
      const body = 'approved this merge request';
      request.notes.push({ id: nextId(), author: user, body, system: true, created_at: AT });
    },
    close: () => server.close(),
  };
  return world;
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function reply(
  world: ServedGitlab,
  nextId: () => number,
  method: string,
  url: URL,
  body: Readonly<Record<string, unknown>>,
  user: GitlabUser,
): Reply {
  const path = url.pathname.replace('/api/v4/', '');
  if (path === 'user') return { status: 200, body: user };
  if (path === 'users') {
    const wanted = url.searchParams.get('username');
    return { status: 200, body: world.users.filter(({ username }) => username === wanted) };
  }
  const [, below = ''] = /^projects\/acme%2Fplugins\/(.*)$/.exec(path) ?? [];
  if (below === 'pipeline' && method === 'POST') {
    world.pipelines.push(body);
    return { status: 201, body: { id: nextId() } };
  }
  const [, member] = /^members\/all\/(\d+)$/.exec(below) ?? [];
  if (member !== undefined) {
    const level = world.members.get(Number(member));
    return level === undefined ? MISSING : { status: 200, body: { id: Number(member), access_level: level } };
  }
  if (below === 'merge_requests') {
    const open = world.requests.filter(({ state }) => state === 'opened');
    return { status: 200, body: open.map((one) => shapeOf(one)) };
  }
  const [, iid, part = ''] = /^merge_requests\/(\d+)(?:\/(.*))?$/.exec(below) ?? [];
  const request = world.requests.find((one) => one.iid === Number(iid));
  return request === undefined ? MISSING : replyAbout(world, nextId, method, request, part, body, user);
}

const MISSING: Reply = { status: 404, body: { message: '404 Not found' } };

function replyAbout(
  world: ServedGitlab,
  nextId: () => number,
  method: string,
  request: MergeRequest,
  part: string,
  body: Readonly<Record<string, unknown>>,
  user: GitlabUser,
): Reply {
  const [, note] = /^notes\/(\d+)$/.exec(part) ?? [];
  if (note !== undefined && method === 'PUT') {
    const found = request.notes.find(({ id }) => id === Number(note));
    if (found === undefined) return MISSING;
    found.body = String(body['body']);
    return { status: 200, body: found };
  }
  switch (`${method} ${part}`) {
    case 'GET ':
      return { status: 200, body: shapeOf(request) };
    case 'PUT ':
      return change(world, request, body, user);
    case 'GET notes':
      return { status: 200, body: request.notes };
    case 'POST notes': {
      const made = { id: nextId(), author: user, body: String(body['body']), system: false, created_at: AT };
      request.notes.push(made);
      return { status: 201, body: made };
    }
    case 'GET approvals':
      return { status: 200, body: { approved_by: request.approved_by.map((one) => ({ user: one })) } };
    case 'GET reviewers':
      return { status: 200, body: request.reviewers };
    case 'GET resource_label_events':
      return {
        status: 200,
        body: request.label_events.map(({ user, action, label }) => ({
          user,
          action,
          label: { name: label },
          created_at: AT,
        })),
      };
    default:
      return MISSING;
  }
}

function change(
  world: ServedGitlab,
  request: MergeRequest,
  body: Readonly<Record<string, unknown>>,
  user: GitlabUser,
): Reply {
  const { add_labels: added, remove_labels: removed, reviewer_ids: reviewers } = body;
  if (typeof added === 'string') {
    request.labels.push(added);
    request.label_events.push({ user, action: 'add', label: added });
  }
  if (typeof removed === 'string') {
    request.labels = request.labels.filter((label) => label !== removed);
    request.label_events.push({ user, action: 'remove', label: removed });
  }
  if (Array.isArray(reviewers)) {
    request.reviewers = world.users
      .filter(({ id }) => reviewers.includes(id))
      .map((one) => request.reviewers.find((old) => old.user === one) ?? { user: one, state: 'unreviewed' });
  }
  return { status: 200, body: shapeOf(request) };
}

function shapeOf(request: MergeRequest): unknown {
  return {
    ...request,
    web_url: `https://git.example.org/acme/plugins/-/merge_requests/${request.iid}`,
    created_at: AT,
    reviewers: request.reviewers.map(({ user }) => user),
    notes: undefined,
    label_events: undefined,
    approved_by: undefined,
  };
}
