import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseToml } from '../src/core/documents/toml-document.ts';
import { valueOf } from '../src/core/finding.ts';
import { serveGithub } from './support/github/serve-github.ts';
import { publishWorld } from './support/publish-world.ts';

vi.setConfig({ testTimeout: 120_000 });

/** All files of a directory, by path. */
async function filesBelow(root: string, below = ''): Promise<Record<string, Uint8Array>> {
  const found: Record<string, Uint8Array> = {};
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.name === '.git') continue;
    if (entry.isDirectory()) Object.assign(found, await filesBelow(root, path));
    else found[path] = await readFile(join(root, path));
  }
  return found;
}

it('goes on GitHub from a folder to a release with the artifact and a pull request from a fork', async () => {
  const world = await publishWorld();
  const served = await serveGithub();
  onTestFinished(() => served.close());
  const { github } = served;
  const registry = await github.createRepository('acme/registry', {
    files: await filesBelow(world.registry.at('acme')),
  });
  const own = await github.createRepository('ada/lens');
  const token = github.classicToken('ada');
  await world.edit('sheaf.plugin.toml', 'https://git.example.org/ada/lens', `${github.url}/ada/lens`);
  const how = {
    environment: { ...process.env, ...github.environment(token), NETRC: '/nonexistent' },
    address: { to: `${github.url}/acme/registry`, transport: 'github' },
    host: { host: 'github' },
    options: { newOwner: { repositories: [`${github.url}/ada/`] } },
  };
  const { publication } = await world.publish(how);
  expect(publication).toMatchObject({ state: 'proposed', url: `${github.url}/acme/registry/pull/1` });
  expect(own.releases.map(({ tag, draft }) => [tag, draft])).toEqual([['v0.1.0', false]]);
  const downloaded = await fetch(`${github.url}/ada/lens/releases/download/v0.1.0/lens-0.1.0.tar.gz`);
  const staged = await readFile(join(world.plugin, '.sheaf/publish/0.1.0/lens-0.1.0.tar.gz'));
  expect(Buffer.from(await downloaded.arrayBuffer()).equals(staged)).toBe(true);
  const fork = github.find('ada', 'registry')!;
  const owner = await fork.git.read('refs/heads/release/lens-0.1.0', 'registry/trust/owners/ada/owner.toml');
  // The number of the account comes from GitHub itself.
  expect(valueOf(parseToml(owner!, 'owner.toml')).value).toMatchObject({
    owner: { github_id: token.user.id },
  });

  const changes = (): readonly string[] => github.changes().filter((one) => !one.includes('git-upload-pack'));
  const before = changes();
  expect(await world.publish(how)).toMatchObject({ notes: [], publication: { state: 'proposed' } });
  expect(changes()).toEqual(before);
  expect(registry.issues).toHaveLength(1);

  const commit = (await fork.git.resolve('refs/heads/release/lens-0.1.0'))!;
  const check = (state: 'pending' | 'failure'): void =>
    github.setChecks(registry, commit, [{ name: 'validate', state }]);
  check('pending');
  const followed = await world.publish({
    ...how,
    options: { ...how.options, followFor: 60_000 },
    onPause: () => check('failure'),
  });
  expect(followed.publication).toMatchObject({ checks: 'failed', failed: [{ name: 'validate' }] });
});
