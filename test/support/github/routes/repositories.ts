import { createHash } from 'node:crypto';
import { type Answer, created, invalid, NOT_FOUND, ok, refusal } from '../answers.ts';
import { bodyOf, type Call, type Route } from '../router.ts';
import { repositoryShape, userShape } from '../shapes.ts';
import { fullName } from '../state.ts';

/** Accounts, repositories, forks and the files of a branch. */
export const REPOSITORY_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: 'user',
    answer({ github, token }) {
      if (token === undefined) return refusal(401, 'Requires authentication');
      if (token.kind === 'workflow') return refusal(403, 'Resource not accessible by integration');
      return ok(userShape(github, token.user));
    },
  },
  {
    method: 'GET',
    path: 'users/{login}',
    answer({ github, params }) {
      const user = github.users.get(params['login']!);
      return user === undefined ? NOT_FOUND : ok(userShape(github, user));
    },
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}',
    answer: ({ github, repository, token }) => ok(repositoryShape(github, repository, token)),
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/collaborators/{login}/permission',
    needs: ['metadata', 'read'],
    answer({ github, repository, params }) {
      const user = github.users.get(params['login']!);
      if (user === undefined) return NOT_FOUND;
      const isOwner = user.login === repository.owner.login;
      const role = isOwner ? 'admin' : (repository.roles.get(user.login) ?? 'read');
      // Triage counts as read here, as on GitHub.
      const permission = { admin: 'admin', push: 'write', triage: 'read', read: 'read' }[role];
      return ok({ permission, role_name: role === 'push' ? 'write' : role, user: userShape(github, user) });
    },
  },
  { method: 'POST', path: 'repos/{owner}/{repo}/forks', answer: fork },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/merge-upstream',
    needs: ['contents', 'write'],
    answer: mergeUpstream,
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/contents/{path+}',
    needs: ['contents', 'read'],
    answer: readContents,
  },
  {
    method: 'PUT',
    path: 'repos/{owner}/{repo}/contents/{path+}',
    needs: ['contents', 'write'],
    answer: writeContents,
  },
];

async function fork(call: Call): Promise<Answer> {
  const { github, token, repository } = call;
  if (token === undefined) return refusal(401, 'Requires authentication');
  if (token.kind === 'workflow') return refusal(403, 'Resource not accessible by integration');
  if (token.kind === 'fine-grained' && token.permissions.administration !== 'write') {
    return refusal(403, 'Resource not accessible by personal access token');
  }
  // A second fork of the same account is the first one.
  const existing = [...github.repositories.values()].find(
    (one) => one.parent === repository && one.owner === token.user,
  );
  const made = existing ?? (await github.fork(repository, token.user));
  return { status: 202, body: repositoryShape(github, made, token) };
}

async function mergeUpstream(call: Call): Promise<Answer> {
  const { repository } = call;
  const { branch } = bodyOf(call);
  if (repository.parent === undefined) return refusal(422, 'The repository is not a fork.');
  if (typeof branch !== 'string')
    return invalid({ resource: 'Repository', code: 'missing_field', field: 'branch' });
  const upstream = repository.parent;
  const theirs = await upstream.git.resolve(`refs/heads/${branch}`);
  const ours = await repository.git.resolve(`refs/heads/${branch}`);
  if (theirs === undefined || ours === undefined) return NOT_FOUND;
  const base_branch = `${upstream.owner.login}:${branch}`;
  if (await repository.git.isAncestor(theirs, ours)) {
    return ok({
      message: 'This branch is not behind the upstream.',
      merge_type: 'none',
      base_branch,
    });
  }
  if (await repository.git.isAncestor(ours, theirs)) {
    await repository.git.setRef(`refs/heads/${branch}`, theirs);
    return ok({
      message: `Successfully fetched and fast-forwarded from upstream ${base_branch}.`,
      merge_type: 'fast-forward',
      base_branch,
    });
  }
  try {
    const said = await repository.git.git(['merge-tree', '--write-tree', ours, theirs]);
    const tree = said.toString().split('\n')[0]!;
    const merge = await repository.git.writeCommit(tree, [ours, theirs], `Merge branch '${base_branch}'`);
    await repository.git.setRef(`refs/heads/${branch}`, merge);
    return ok({
      message: `Successfully fetched and merged from upstream ${base_branch}.`,
      merge_type: 'merge',
      base_branch,
    });
  } catch {
    return refusal(409, 'There are merge conflicts.');
  }
}

async function readContents({ github, repository, params, query, headers }: Call): Promise<Answer> {
  const path = params['path']!;
  const ref = query.get('ref') ?? repository.defaultBranch;
  const commit = (await repository.git.resolve(`refs/heads/${ref}`)) ?? (await repository.git.resolve(ref));
  if (commit === undefined) return refusal(404, `No commit found for the ref ${ref}`);
  const bytes = await repository.git.read(commit, path);
  if (bytes === undefined) return NOT_FOUND;
  if (String(headers['accept']).includes('raw')) {
    return ok(bytes, { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' });
  }
  return ok({
    type: 'file',
    encoding: 'base64',
    size: bytes.length,
    name: path.split('/').at(-1),
    path,
    content: bytes.toString('base64').replaceAll(/(.{60})/g, '$1\n'),
    sha: blobId(bytes),
    url: `${github.api}/repos/${fullName(repository)}/contents/${path}?ref=${ref}`,
  });
}

async function writeContents(call: Call): Promise<Answer> {
  const { repository, params } = call;
  const path = params['path']!;
  const { message, content, sha, branch = repository.defaultBranch } = bodyOf(call);
  if (typeof message !== 'string' || typeof content !== 'string') {
    return refusal(422, 'Invalid request.\n\n"message" and "content" weren\'t supplied.');
  }
  const head = await repository.git.resolve(`refs/heads/${String(branch)}`);
  if (head === undefined) return refusal(404, `Branch ${String(branch)} not found`);
  const before = await repository.git.read(head, path);
  if (before !== undefined && sha === undefined) {
    return refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  }
  if (before !== undefined && sha !== blobId(before)) {
    return refusal(409, `${path} does not match ${String(sha)}`);
  }
  const commit = await repository.git.commitFiles(
    String(branch),
    { [path]: Buffer.from(content, 'base64') },
    message,
  );
  const body = { content: { path, sha: blobId(Buffer.from(content, 'base64')) }, commit: { sha: commit } };
  return before === undefined ? created(body) : ok(body);
}

function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
