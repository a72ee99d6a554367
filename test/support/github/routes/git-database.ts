import { type Answer, created, NOT_FOUND, ok, refusal } from '../answers.ts';
import type { TreeEntry } from '../bare-repository.ts';
import { bodyOf, type Call, type Route } from '../router.ts';
import { fullName, type Repository } from '../state.ts';

/** Refs, blobs, trees, commits and comparisons. */
export const GIT_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/git/ref/{ref+}',
    needs: ['contents', 'read'],
    async answer(call) {
      const sha = await call.repository.git.resolve(`refs/${call.params['ref']!}`);
      return sha === undefined ? NOT_FOUND : ok(refShape(call, `refs/${call.params['ref']!}`, sha));
    },
  },
  { method: 'POST', path: 'repos/{owner}/{repo}/git/refs', needs: ['contents', 'write'], answer: createRef },
  {
    method: 'PATCH',
    path: 'repos/{owner}/{repo}/git/refs/{ref+}',
    needs: ['contents', 'write'],
    answer: updateRef,
  },
  {
    method: 'DELETE',
    path: 'repos/{owner}/{repo}/git/refs/{ref+}',
    needs: ['contents', 'write'],
    async answer({ repository, params }) {
      const ref = `refs/${params['ref']!}`;
      if ((await repository.git.resolve(ref)) === undefined) return refusal(422, 'Reference does not exist');
      await repository.git.deleteRef(ref);
      return { status: 204 };
    },
  },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/git/blobs',
    needs: ['contents', 'write'],
    async answer(call) {
      const { content, encoding } = bodyOf(call);
      if (typeof content !== 'string') return refusal(422, 'Invalid request.\n\n"content" wasn\'t supplied.');
      const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
      const sha = await call.repository.git.writeBlob(bytes);
      return created({ sha, url: `${gitUrl(call)}/blobs/${sha}` });
    },
  },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/git/trees',
    needs: ['contents', 'write'],
    answer: createTree,
  },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/git/commits',
    needs: ['contents', 'write'],
    answer: createCommit,
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/git/commits/{sha}',
    needs: ['contents', 'read'],
    async answer(call) {
      const sha = await commitOf(call, call.params['sha']);
      if (sha === undefined) return NOT_FOUND;
      const tree = await call.repository.git.resolve(`${sha}^{tree}`);
      const said = await call.repository.git.git(['show', '--no-patch', '--format=%cI%n%P%n%B', sha]);
      const [date = '', parents = '', ...message] = said.toString().split('\n');
      return ok({
        sha,
        tree: { sha: tree },
        committer: { date },
        message: message.join('\n').trim(),
        parents: parents
          .split(' ')
          .filter((one) => one !== '')
          .map((one) => ({ sha: one })),
      });
    },
  },
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/compare/{range+}',
    needs: ['contents', 'read'],
    answer: compare,
  },
];

async function createRef(call: Call): Promise<Answer> {
  const { git } = call.repository;
  const { ref, sha } = bodyOf(call);
  if (typeof ref !== 'string' || !/^refs\/[^/]+\/./.test(ref))
    return refusal(422, 'Reference name is invalid');
  if ((await commitOf(call, sha)) === undefined) return refusal(422, 'Object does not exist');
  if ((await git.resolve(ref)) !== undefined) return refusal(422, 'Reference already exists');
  await git.setRef(ref, String(sha));
  return created(refShape(call, ref, String(sha)));
}

async function updateRef(call: Call): Promise<Answer> {
  const { git } = call.repository;
  const ref = `refs/${call.params['ref']!}`;
  const { sha, force } = bodyOf(call);
  const before = await git.resolve(ref);
  if (before === undefined) return refusal(422, 'Reference does not exist');
  if ((await commitOf(call, sha)) === undefined) return refusal(422, 'Object does not exist');
  if (force !== true && !(await git.isAncestor(before, String(sha)))) {
    return refusal(422, 'Update is not a fast forward');
  }
  await git.setRef(ref, String(sha));
  return ok(refShape(call, ref, String(sha)));
}

async function createTree(call: Call): Promise<Answer> {
  const { git } = call.repository;
  const { base_tree, tree } = bodyOf(call);
  if (!Array.isArray(tree)) return refusal(422, 'Invalid request.\n\n"tree" wasn\'t supplied.');
  const base = base_tree === undefined ? undefined : await git.resolve(`${base_tree as string}^{tree}`);
  if (base_tree !== undefined && base === undefined) return refusal(422, 'base_tree is not a valid tree oid');
  const entries: TreeEntry[] = [];
  for (const entry of tree as readonly Record<string, unknown>[]) {
    const sha = typeof entry['content'] === 'string' ? await git.writeBlob(entry['content']) : entry['sha'];
    if (typeof sha === 'string' && (await git.typeOf(sha)) === undefined) {
      return refusal(422, 'tree.sha is not a valid object');
    }
    entries.push({ path: String(entry['path']), mode: String(entry['mode']), sha: sha as string | null });
  }
  const sha = await git.writeTree(base, entries);
  return created({ sha, url: `${gitUrl(call)}/trees/${sha}`, truncated: false });
}

async function createCommit(call: Call): Promise<Answer> {
  const { git } = call.repository;
  const { message, tree, parents = [] } = bodyOf(call);
  if (typeof tree !== 'string' || (await git.typeOf(tree)) !== 'tree') {
    return refusal(422, 'Tree SHA does not exist');
  }
  for (const parent of parents as readonly unknown[]) {
    if ((await commitOf(call, parent)) === undefined) {
      return refusal(422, 'Parent SHA does not exist or is not a commit object');
    }
  }
  const sha = await git.writeCommit(tree, parents as readonly string[], String(message));
  return created({
    sha,
    tree: { sha: tree },
    message,
    parents: (parents as string[]).map((one) => ({ sha: one })),
  });
}

/** Each side is a branch, a commit, or `login:branch` for a branch of another repository of the same family. */
async function compare(call: Call): Promise<Answer> {
  const [from, to = ''] = call.params['range']!.split('...');
  const base = await commitAt(call.repository, from!);
  const [login, branch] = to.includes(':') ? to.split(':') : [call.repository.owner.login, to];
  const other = call.github.inNetwork(call.repository, login!);
  const head = other === undefined ? undefined : await commitAt(other, branch!);
  if (base === undefined || other === undefined || head === undefined) return NOT_FOUND;
  // The fork has the objects of both.
  const { git } = other;
  const [ahead, behind] = [await git.countAhead(base, head), await git.countAhead(head, base)];
  const status = ahead === 0 ? (behind === 0 ? 'identical' : 'behind') : behind === 0 ? 'ahead' : 'diverged';
  return ok({
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    merge_base_commit: { sha: (await git.git(['merge-base', base, head])).toString().trim() },
    files: (await git.differences(base, head)).slice(0, 300),
  });
}

async function commitAt({ git }: Repository, revision: string): Promise<string | undefined> {
  const branch = await git.resolve(`refs/heads/${revision}`);
  if (branch !== undefined) return branch;
  return /^[0-9a-f]{40}$/.test(revision) && (await git.typeOf(revision)) === 'commit' ? revision : undefined;
}

/** The commit that a full id names. */
async function commitOf(call: Call, sha: unknown): Promise<string | undefined> {
  if (typeof sha !== 'string' || !/^[0-9a-f]{40}$/.test(sha)) return undefined;
  return (await call.repository.git.typeOf(sha)) === 'commit' ? sha : undefined;
}

function refShape(call: Call, ref: string, sha: string): Record<string, unknown> {
  return { ref, url: `${gitUrl(call)}/${ref}`, object: { type: 'commit', sha } };
}

function gitUrl({ github, repository }: Call): string {
  return `${github.api}/repos/${fullName(repository)}/git`;
}
