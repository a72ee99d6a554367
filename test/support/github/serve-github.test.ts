import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ServedGithub, serveGithub } from './serve-github.ts';
import type { Repository, Token } from './state.ts';

let served: ServedGithub;
let registry: Repository;
let alice: Token;

beforeEach(async () => {
  served = await serveGithub();
  registry = await served.github.createRepository('acme/registry');
  alice = served.github.classicToken('alice');
});

afterEach(() => served.close());

interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** A field of what was told: `head.sha`, `errors.0.message`. */
function at(told: Told, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], told.json);
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  token: Token | undefined = alice,
): Promise<Told> {
  const response = await fetch(`${served.github.api}/${path}`, {
    method,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token.value}` } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: text === '' ? undefined : JSON.parse(text),
  };
}

describe('the lifelike GitHub', () => {
  test('makes a pull request out of a fork, a branch and a commit, and merges it', async () => {
    const fork = await ask('POST', 'repos/acme/registry/forks', {});
    expect(fork.status).toBe(202);
    expect(at(fork, 'full_name')).toBe('alice/registry');
    const main = await ask('GET', 'repos/alice/registry/git/ref/heads/main');
    const parent = at(main, 'object.sha');
    const commit = await ask('GET', `repos/alice/registry/git/commits/${String(parent)}`);
    const blob = await ask('POST', 'repos/alice/registry/git/blobs', { content: 'aGk=', encoding: 'base64' });
    const tree = await ask('POST', 'repos/alice/registry/git/trees', {
      base_tree: at(commit, 'tree.sha'),
      tree: [{ path: 'a/b.txt', mode: '100644', type: 'blob', sha: at(blob, 'sha') }],
    });
    const made = await ask('POST', 'repos/alice/registry/git/commits', {
      message: 'Add it',
      tree: at(tree, 'sha'),
      parents: [parent],
    });
    const ref = { ref: 'refs/heads/add', sha: at(made, 'sha') };
    expect((await ask('POST', 'repos/alice/registry/git/refs', ref)).status).toBe(201);
    expect(at(await ask('POST', 'repos/alice/registry/git/refs', ref), 'message')).toBe(
      'Reference already exists',
    );
    const pull = { title: 'Add it', head: 'alice:add', base: 'main' };
    const opened = await ask('POST', 'repos/acme/registry/pulls', pull);
    expect(opened.status).toBe(201);
    expect(at(opened, 'changed_files')).toBe(1);
    const again = await ask('POST', 'repos/acme/registry/pulls', pull);
    expect(again.status).toBe(422);
    expect(at(again, 'errors.0.message')).toBe('A pull request already exists for alice:add.');
    expect((await ask('PUT', 'repos/acme/registry/pulls/1/merge', {})).status).toBe(404);
    const owner = served.github.classicToken('acme');
    expect(at(await ask('PUT', 'repos/acme/registry/pulls/1/merge', {}, owner), 'merged')).toBe(true);
    expect(at(await ask('GET', 'repos/acme/registry/pulls/1'), 'merged')).toBe(true);
    expect((await registry.git.read('refs/heads/main', 'a/b.txt'))?.toString()).toBe('hi');
  });

  test('notices a merge that somebody pushed', async () => {
    const { github } = served;
    await registry.git.setRef('refs/heads/add', (await registry.git.resolve('refs/heads/main'))!);
    const head = await registry.git.commitFiles('add', { a: 'a' });
    await github.openPull(registry, { user: alice.user, head: registry, branch: 'add', title: 'Add' });
    await registry.git.setRef('refs/heads/main', head);
    const pull = await ask('GET', 'repos/acme/registry/pulls/1');
    expect(at(pull, 'state')).toBe('closed');
    expect(at(pull, 'merged')).toBe(true);
  });

  test('pages its lists with links', async () => {
    const { github } = served;
    for (let number = 1; number <= 5; number += 1) {
      github.openIssue(registry, { user: alice.user, title: `Issue ${number}`, body: '' });
    }
    const second = await ask('GET', 'repos/acme/registry/issues?per_page=2&page=2');
    expect((second.json as { number: number }[]).map(({ number }) => number)).toEqual([3, 2]);
    expect(second.headers.get('link')).toContain('page=3>; rel="next"');
    const third = await ask('GET', 'repos/acme/registry/issues?per_page=2&page=3');
    expect(third.headers.get('link')).not.toContain('rel="next"');
  });

  test('takes comments, labels and requests for reviews', async () => {
    const { github } = served;
    const issue = github.openIssue(registry, { user: alice.user, title: 'Help', body: '' });
    const bot = github.workflowToken(registry, { issues: 'write', pull_requests: 'write' });
    const comment = await ask('POST', 'repos/acme/registry/issues/1/comments', { body: 'One' }, bot);
    await ask(
      'PATCH',
      `repos/acme/registry/issues/comments/${String(at(comment, 'id'))}`,
      { body: 'Two' },
      bot,
    );
    expect(issue.comments.map(({ body }) => body)).toEqual(['Two']);
    await ask('POST', 'repos/acme/registry/issues/1/labels', { labels: ['risk: new'] }, bot);
    expect((await ask('DELETE', 'repos/acme/registry/issues/1/labels/none', undefined, bot)).status).toBe(
      404,
    );
    expect(issue.labels).toEqual(['risk: new']);
    await registry.git.setRef('refs/heads/add', (await registry.git.resolve('refs/heads/main'))!);
    await registry.git.commitFiles('add', { a: 'a' });
    const pull = await github.openPull(registry, {
      user: alice.user,
      head: registry,
      branch: 'add',
      title: 'Add',
    });
    const path = 'repos/acme/registry/pulls/2/requested_reviewers';
    expect((await ask('POST', path, { reviewers: ['bob'] }, bot)).status).toBe(422);
    github.setRole(registry, 'bob', 'read');
    expect((await ask('POST', path, { reviewers: ['bob'] }, bot)).status).toBe(201);
    expect(pull?.pull?.requested.map(({ login }) => login)).toEqual(['bob']);
  });

  test('refuses in the words of GitHub what a token may not do', async () => {
    const { github } = served;
    const secret = await github.createRepository('acme/secret', { isPrivate: true });
    expect(secret.private).toBe(true);
    expect((await ask('GET', 'repos/acme/secret')).status).toBe(404);
    const fine = github.fineGrainedToken('acme', { contents: 'read' });
    const refused = await ask(
      'POST',
      'repos/acme/registry/pulls',
      { title: 'x', head: 'y', base: 'main' },
      fine,
    );
    expect(refused.status).toBe(403);
    expect(at(refused, 'message')).toBe('Resource not accessible by personal access token');
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('pull_requests=write');
    fine.expired = true;
    expect(at(await ask('GET', 'user', undefined, fine), 'message')).toBe('Bad credentials');
  });

  test('hides a new fork for a while, redirects what was renamed, and fails when told to', async () => {
    const { github } = served;
    github.forkDelay = 3;
    await ask('POST', 'repos/acme/registry/forks', {});
    expect((await ask('GET', 'repos/alice/registry')).status).toBe(404);
    expect(at(await ask('GET', 'repos/alice/registry'), 'parent.full_name')).toBe('acme/registry');
    github.rename(registry, 'plugins');
    expect(at(await ask('GET', 'repos/acme/registry'), 'full_name')).toBe('acme/plugins');
    github.faults.plan({ path: /^\/user$/ }, { answer: { status: 502, body: Buffer.from('<html>') } });
    expect((await fetch(`${github.api}/user`)).status).toBe(502);
    github.faults.cutFrom(2);
    expect((await ask('GET', 'user')).status).toBe(200);
    await expect(ask('GET', 'user')).rejects.toThrow('fetch failed');
    github.faults.clear();
  });

  test('brings a fork up to date, and says when it cannot', async () => {
    const { github } = served;
    const fork = await github.fork(registry, alice.user);
    await registry.git.commitFiles('main', { a: '1' });
    const sync = (): ReturnType<typeof ask> =>
      ask('POST', 'repos/alice/registry/merge-upstream', { branch: 'main' });
    expect(at(await sync(), 'merge_type')).toBe('fast-forward');
    expect(at(await sync(), 'merge_type')).toBe('none');
    await registry.git.commitFiles('main', { a: '2' });
    await fork.git.commitFiles('main', { a: '3' });
    expect((await sync()).status).toBe(409);
  });

  test('shows files of a release once it is published, and counts their downloads', async () => {
    const { github } = served;
    await github.createRepository('alice/lens');
    const draft = await ask('POST', 'repos/alice/lens/releases', { tag_name: 'v1', draft: true });
    const upload = (): Promise<Response> =>
      fetch(`${String(at(draft, 'upload_url')).replace('{?name,label}', '')}?name=lens.wasm`, {
        method: 'POST',
        headers: { authorization: `Bearer ${alice.value}` },
        body: 'bytes',
      });
    expect((await upload()).status).toBe(201);
    expect((await upload()).status).toBe(422);
    const address = `${github.url}/alice/lens/releases/download/v1/lens.wasm`;
    expect((await fetch(address)).status).toBe(404);
    await ask('PATCH', `repos/alice/lens/releases/${String(at(draft, 'id'))}`, { draft: false });
    const response = await fetch(address);
    expect(await response.text()).toBe('bytes');
    expect(response.redirected).toBe(true);
    const release = await ask('GET', 'repos/alice/lens/releases/tags/v1');
    expect(at(release, 'assets.0.download_count')).toBe(1);
  });
});
