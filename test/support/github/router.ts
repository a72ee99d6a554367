import { type Answer, NOT_FOUND, ok, Refused, refusal } from './answers.ts';
import type { Github } from './github.ts';
import { fullName, type Level, type Permission, type Repository, type Token } from './state.ts';

/** One request to the REST API. */
export interface Call {
  readonly github: Github;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly token: Token | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** The repository of the path; present on every route below `repos/`. */
  readonly repository: Repository;
}

/** A route: its path has `{name}` for one part and `{name+}` for the rest. */
export interface Route {
  readonly method: string;
  readonly path: string;
  /** The permission that it takes; absent where any account may. */
  readonly needs?: readonly [Permission, Level];
  /** Everybody who may read the repository may do it, though it changes something. */
  readonly anybody?: boolean;
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}

/** The parameters of a path, or undefined when it is another route's. */
export function matchRoute(route: Route, method: string, path: string): Record<string, string> | undefined {
  if (route.method !== method) return undefined;
  const pattern = route.path
    .replaceAll('.', '\\.')
    .replaceAll(/\{(\w+)\+\}/g, '(?<$1>.+)')
    .replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const found = new RegExp(`^/${pattern}$`).exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}

/** Refuses what the token may not do, in GitHub's words. */
export function authorize(route: Route, token: Token | undefined, repository: Repository): void {
  const [permission, level] = route.needs ?? ['metadata', 'read'];
  const role = token === undefined ? undefined : roleOf(token, repository);
  if (repository.private && role === undefined) throw new Refused(NOT_FOUND);
  if (level === 'read' && !repository.private) return;
  if (token === undefined) throw new Refused(refusal(401, 'Requires authentication'));
  if (token.kind === 'classic') {
    const scope = repository.private ? ['repo'] : ['repo', 'public_repo'];
    if (!scope.some((one) => token.scopes.includes(one))) throw new Refused(NOT_FOUND);
  } else {
    const isReached =
      token.kind === 'workflow'
        ? token.reach === fullName(repository)
        : token.reach === repository.owner.login;
    const granted = token.permissions[permission];
    if (!isReached || granted === undefined || (level === 'write' && granted !== 'write')) {
      const who = token.kind === 'workflow' ? 'integration' : 'personal access token';
      throw new Refused(refusal(403, `Resource not accessible by ${who}`));
    }
  }
  if (level === 'read' || route.anybody === true) return;
  const enough = permission === 'issues' || permission === 'pull_requests' ? 'triage' : 'push';
  if (role === undefined || RANKS.indexOf(role) < RANKS.indexOf(enough)) {
    throw new Refused(
      permission === 'contents' ? NOT_FOUND : refusal(403, 'Must have push access to repository'),
    );
  }
}

const RANKS = ['read', 'triage', 'push', 'admin'] as const;

/** What the account of a token may do in a repository; the token may narrow that. */
export function roleOf(token: Token, repository: Repository): (typeof RANKS)[number] | undefined {
  if (token.kind === 'workflow')
    return token.reach === fullName(repository) ? 'push' : publicRole(repository);
  if (token.user.login === repository.owner.login) return 'admin';
  return repository.roles.get(token.user.login) ?? publicRole(repository);
}

function publicRole(repository: Repository): 'read' | undefined {
  return repository.private ? undefined : 'read';
}

/** One page of a list, with the `Link` header of GitHub. */
export function page(
  call: Call,
  items: readonly unknown[],
  wrap = (list: readonly unknown[]): unknown => list,
): Answer {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30)));
  const number = Math.max(1, Number(call.query.get('page') ?? 1));
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (page: number, rel: string): string => {
    const query = new URLSearchParams(call.query);
    query.set('page', String(page));
    return `<${call.github.api}${call.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return ok(
    wrap(items.slice((number - 1) * size, number * size)),
    links.length === 0 ? {} : { link: links.join(', ') },
  );
}

/** The JSON body of a request. */
export function bodyOf(call: Call): Readonly<Record<string, unknown>> {
  if (call.bytes.length === 0) return {};
  try {
    const value: unknown = JSON.parse(call.bytes.toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Falls through to the refusal.
  }
  throw new Refused(refusal(400, 'Problems parsing JSON'));
}
