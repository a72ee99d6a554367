// The first fetch of a large index over Git: our child process against git itself. The index is built in memory, from
// shapes and without signatures, so that a registry of 60,000 plugins takes minutes and not hours.
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIndex } from '../dist/core/index/build-index.js';
import { FILE_KINDS, record } from '../dist/core/index/index-head.js';
import { generateRegistry, serveGit, writeTree } from '../dist/testkit/index.js';
import { compare, formatBytes, pluginsAsked, run } from './harness.mjs';
import { recordOf } from './plugin-record.mjs';

const plugins = pluginsAsked(60_000);
const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
const at = (name) => join(directory, name);
for (const name of ['git', 'tree', 'home']) await mkdir(at(name));
const server = await serveGit(at('git'));
try {
  await prepareRepository();
  const url = `${server.url}index.git`;
  const fetching = fileURLToPath(new URL('git-fetch-process.mjs', import.meta.url));
  const without = (name) => () => rm(at(name), { recursive: true, force: true });
  await compare(
    `First fetch, ${plugins} plugins`,
    [
      {
        name: 'git clone --depth 1',
        command: ['git', 'clone', '--quiet', '--depth', '1', '--branch', 'index', url, at('clone')],
        before: without('clone'),
        server,
      },
      {
        name: 'sheaf, fetch and one read',
        command: [process.execPath, fetching, url, at('home/clone')],
        before: without('home/clone'),
        server,
      },
    ],
    { rounds: 3 },
  );
} finally {
  await server.close();
  await rm(directory, { recursive: true, force: true });
}

/** Commits the objects of the index to the branch of a bare repository. */
async function prepareRepository() {
  const { shape } = generateRegistry({ plugins });
  const described = shape.names.map((_, position) => {
    const plugin = shape.plugin(position);
    // Digests are what a record of releases is full of; they do not compress.
    const releases = plugin.versions.map((version) => ({
      version,
      manifest: randomBytes(32).toString('hex'),
    }));
    return {
      plugin: recordOf(plugin),
      releases: JSON.stringify({ name: plugin.name, versions: releases }),
      bundles: [],
    };
  });
  const { objects } = buildIndex({
    registry: 'bench',
    plugins: described,
    owners: [],
    files: record(FILE_KINDS, () => new Uint8Array()),
  });
  const bytes = objects.reduce((sum, object) => sum + object.size, 0);
  console.log(`${objects.length} objects, ${formatBytes(bytes)}`);
  await writeTree(
    at('tree'),
    objects.map((object) => [object.path, object.bytes]),
  );
  const bare = at('git/index.git');
  await run(['git', 'init', '--quiet', '--bare', '--initial-branch=index', bare]);
  const git = (...args) =>
    run(['git', '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { cwd: at('tree') });
  await git('init', '--quiet', '--initial-branch=index');
  await git('add', '--all');
  await git('-c', 'gc.auto=0', 'commit', '--quiet', '--message=index');
  await git('push', '--quiet', bare, 'index');
}
