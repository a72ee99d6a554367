import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeOwnerFile } from '../src/core/formats/owner-file.ts';
import { readSubmissionForm } from '../src/core/submissions/submission-form.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import type { Github } from './support/github/github.ts';
import type { Repository } from './support/github/state.ts';
import { expectForm } from './support/json-output.ts';
import { type ReviewWorld, reviewWorld } from './support/review-world.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** Releases that people submit by an issue form, without any tool. */

const PLACE = 'plugins/integrations';

async function world() {
  const opened = await reviewWorld();
  const scratch = await temporaryDirectory();
  onTestFinished(async () => {
    await opened.remove();
    await scratch.remove();
  });
  const lens = await opened.github.createRepository('author-hub/lens');
  const submit = async (body: string, login = 'author-hub') => {
    const user = opened.github.createUser(login);
    const issue = opened.github.openIssue(opened.repository, { user, title: '$(id) `id`', body });
    const event = join(scratch.path, 'event.json');
    await writeFile(
      event,
      JSON.stringify({ action: 'opened', issue: { ...issue, pull_request: undefined } }),
    );
    const { stdout, status } = await runSheaf(
      [
        'ci',
        'submit-form',
        opened.clone,
        '--forge',
        'github',
        '--event',
        event,
        '--dispatch',
        'plugin-review.yml',
        '--json',
      ],
      {
        environment: {
          ...process.env,
          ...opened.github.environment(opened.token),
          GITHUB_REPOSITORY: 'acme/plugins',
        },
      },
    );
    const document = JSON.parse(stdout) as { ok: boolean; data: Record<string, unknown> };
    expect(status, stdout).toBe(0);
    expectForm('cli-output.schema.json#/$defs/ci-submit-form', document);
    return { issue, data: document.data };
  };
  return { opened, lens, submit };
}

/** Files of a release of the simulated author, under the names that they have on the forge. */
function filesOf({ registry }: ReviewWorld, name: string, version: string): Map<string, Uint8Array> {
  const before = new Map(registry.source);
  registry.addRelease({ name, version, manifest: { category: 'integrations' } });
  const files = new Map(
    [...registry.source]
      .filter(([path, bytes]) => before.get(path) !== bytes)
      .map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes] as const),
  );
  registry.source.clear();
  for (const [path, bytes] of before) registry.source.set(path, bytes);
  return files;
}

/** Publishes a release with these files. */
function addRelease(
  github: Github,
  repository: Repository,
  tag: string,
  files: ReadonlyMap<string, Uint8Array>,
): void {
  repository.releases.push({
    id: github.nextId(),
    tag,
    name: tag,
    body: '',
    draft: false,
    prerelease: false,
    target: 'main',
    assets: [...files].map(([name, bytes]) => ({
      id: github.nextId(),
      name,
      bytes: Buffer.from(bytes),
      contentType: 'application/octet-stream',
      state: 'uploaded',
      downloads: 0,
    })),
  });
}

const form = (plugin: string, repository: string, tag: string): string =>
  `### Plugin name\n\n${plugin}\n\n### Repository\n\n${repository}\n\n### Release tag\n\n${tag}\n`;

describe('an issue form', () => {
  it('becomes a pull request with the files of the release, and its checks are started', async () => {
    const { opened, lens, submit } = await world();
    const files = filesOf(opened, 'graph-lens', '1.1.0');
    addRelease(opened.github, lens, 'v1.1.0', new Map([...files, ['graph-lens.wasm', new Uint8Array(9)]]));
    const { issue, data } = await submit(
      form('graph-lens', `${opened.github.url}/author-hub/lens`, 'v1.1.0'),
    );
    expect(data).toMatchObject({ state: 'proposed', plugin: 'graph-lens', version: '1.1.0', number: 2 });
    const pull = opened.repository.issues[1]!;
    const changed = await opened.repository.git.differences(pull.pull!.baseSha, pull.pull!.headSha);
    expect(changed.map(({ filename }) => filename)).toEqual([
      `${PLACE}/gr/graph-lens/1.1.0.toml`,
      `${PLACE}/gr/graph-lens/1.1.0.toml.sig`,
    ]);
    expect(opened.comments(issue)).toEqual([`Proposed as ${data['url'] as string}. It goes on there.\n`]);
    expect(pull.body).toContain('Closes #1.');
    expect(opened.repository.dispatches).toEqual([
      { workflow: 'plugin-review.yml', ref: 'main', inputs: { 'pull-request': '2' } },
    ]);
  });

  it('of a new plugin brings its plugin.toml, in the category that its manifest names', async () => {
    const { opened, lens, submit } = await world();
    addRelease(opened.github, lens, 'v1', filesOf(opened, 'word-counts', '1.0.0'));
    const { data } = await submit(form('word-counts', 'author-hub/lens', 'v1'));
    expect(data).toMatchObject({ state: 'proposed' });
  });

  it('of a new owner brings the owner, whose account is that of whoever asks', async () => {
    const { opened, lens, submit } = await world();
    const { registry, github } = opened;
    const newcomer = github.createUser('new-hub');
    const before = new Map(registry.source);
    registry.addOwner('newcomer');
    const about = (id: number) =>
      writeOwnerFile({ repositories: ['https://plugins.example/artifacts/'], githubId: id });
    registry.addRelease(
      { name: 'word-counts', version: '1.0.0', manifest: { category: 'integrations' } },
      'newcomer',
    );
    const added = new Map(
      [...registry.source]
        .filter(([path, bytes]) => before.get(path) !== bytes)
        .map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes] as const),
    );
    registry.source.clear();
    for (const [path, bytes] of before) registry.source.set(path, bytes);
    addRelease(opened.github, lens, 'v1', new Map([...added, ['owner.toml', about(newcomer.id)]]));
    addRelease(opened.github, lens, 'v2', new Map([...added, ['owner.toml', about(newcomer.id + 1)]]));
    const other = await submit(form('word-counts', 'author-hub/lens', 'v2'), 'new-hub');
    expect(other.data).toMatchObject({ state: 'refused' });
    expect(other.data['because']).toContain('owner.toml of newcomer says');
    const { data } = await submit(form('word-counts', 'author-hub/lens', 'v1'), 'new-hub');
    expect(data).toMatchObject({ state: 'proposed' });
    const pull = opened.repository.issues.at(-1)!;
    const { baseSha, headSha } = pull.pull!;
    const changed = await opened.repository.git.differences(baseSha, headSha);
    expect(changed.map(({ filename }) => filename).filter((path) => path.includes('newcomer'))).toEqual([
      'registry/trust/owners/newcomer/1.signers',
      'registry/trust/owners/newcomer/1.signers.newcomer.sig',
      'registry/trust/owners/newcomer/owner.toml',
    ]);
  });

  it.each<[string, (url: string) => string, string]>([
    ['names no plugin', (url) => form('../../etc', url, 'v1'), 'is not the name of a plugin'],
    ['names another plugin', (url) => form('word-counts', url, 'v1'), 'is of the plugin graph-lens'],
    [
      'names no repository',
      () => form('graph-lens', 'javascript:alert(1)', 'v1'),
      'is no repository on this forge',
    ],
    [
      'names another host',
      () => form('graph-lens', 'https://evil.example/a/b', 'v1'),
      'is no repository on this forge',
    ],
    [
      'names a repository that is not there',
      () => form('graph-lens', 'a/b', 'v1'),
      'has no published release',
    ],
    ['names a tag that is none', (url) => form('graph-lens', url, '$(id)'), 'is not the name of a tag'],
    ['names a path for a tag', (url) => form('graph-lens', url, 'a/../../b'), 'is not the name of a tag'],
    ['names a tag without a release', (url) => form('graph-lens', url, 'v9'), 'has no published release'],
    ['names a release without files', (url) => form('graph-lens', url, 'empty'), 'has 0 files named VERSION'],
    [
      'names a release without a signature',
      (url) => form('graph-lens', url, 'unsigned'),
      'has no file \\"1.1.0.toml.sig',
    ],
    [
      'names a release with two manifests',
      (url) => form('graph-lens', url, 'two'),
      'has 2 files named VERSION',
    ],
    ['names a release that is there', (url) => form('graph-lens', url, 'old'), 'has plugins/integrations'],
    ['has a field twice', (url) => `${form('graph-lens', url, 'v1')}${form('x', url, 'v1')}`, 'twice'],
    ['has an empty field', (url) => form('_No response_', url, 'v1'), 'is empty'],
    ['has no fields', () => '@everybody <img src=x> ![x](https://evil.example)', 'is empty'],
  ])('that %s is refused with one sentence', async (_, body, sentence) => {
    const { opened, lens, submit } = await world();
    const files = filesOf(opened, 'graph-lens', '1.1.0');
    addRelease(opened.github, lens, 'v1', files);
    addRelease(opened.github, lens, 'empty', new Map());
    addRelease(opened.github, lens, 'unsigned', new Map([['1.1.0.toml', files.get('1.1.0.toml')!]]));
    addRelease(opened.github, lens, 'two', new Map([...files, ['1.2.0.toml', files.get('1.1.0.toml')!]]));
    const old = [...opened.registry.source].filter(([path]) => path.includes('/1.0.0.toml'));
    addRelease(
      opened.github,
      lens,
      'old',
      new Map(old.map(([path, bytes]) => [path.slice(path.lastIndexOf('/') + 1), bytes])),
    );
    const { issue, data } = await submit(body(`${opened.github.url}/author-hub/lens`));
    expect(data).toMatchObject({ state: 'refused' });
    const [comment = '', ...more] = opened.comments(issue);
    expect(more).toEqual([]);
    expect(comment.replaceAll('\\', '')).toContain(sentence.replaceAll('\\', ''));
    expect(comment.trim()).not.toContain('\n');
    expect(comment).not.toMatch(/@\w|[^\\]<|https?:\/\//);
    expect(opened.repository.issues).toHaveLength(1);
    expect(opened.repository.dispatches).toEqual([]);
  });

  it('of somebody else than the owner is refused, whatever is signed', async () => {
    const { opened, lens, submit } = await world();
    addRelease(opened.github, lens, 'v1', filesOf(opened, 'graph-lens', '1.1.0'));
    const { data } = await submit(form('graph-lens', 'author-hub/lens', 'v1'), 'stranger-hub');
    expect(data).toMatchObject({ state: 'refused' });
    expect(data['because']).toContain('"stranger-hub" has the account number');
  });

  it('is read with the line ends of a browser', () => {
    const body = form('graph-lens', 'a/b', 'v1').replaceAll('\n', '\r\n');
    expect(readSubmissionForm(body)).toEqual({ plugin: 'graph-lens', repository: 'a/b', tag: 'v1' });
  });
});
