// A generated registry on this machine: its repository, its published index on a static host and on a Git branch.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatPrivateKey } from '../dist/core/signatures/ssh-key.js';
import { generateRegistry, serveDirectory, serveGit, writeTree } from '../dist/testkit/index.js';
import { run, sheaf } from './harness.mjs';

/**
 * Generates a registry of so many plugins and commits it.
 *
 * @returns {Promise<World>} everything in one temporary directory, which `close` removes.
 */
export async function createWorld(plugins) {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
  const at = (name) => join(directory, name);
  for (const name of ['source', 'pages', 'git', 'homes']) await mkdir(at(name));
  const [web, git] = [await serveDirectory(at('pages')), await serveGit(at('git'))];
  const registry = generateRegistry({
    plugins,
    now: Date.now(),
    artifactBase: `${web.url}artifacts/`,
    index: [web.url, `git+${git.url}plugins.git#index`],
  });
  console.log(`Generating a registry of ${plugins} plugins…`);
  await writeTree(at('source'), registry.source());
  await writeFile(at('checkpoint-key'), formatPrivateKey(registry.checkpointKey), { mode: 0o600 });
  const world = { directory, at, web, git, registry, home: at('homes/operator') };
  await run(['git', 'init', '--quiet', '--initial-branch=main', at('source')]);
  await commit(world);
  return {
    ...world,
    close: async () => {
      await Promise.all([web.close(), git.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Commits what is new in the registry repository. */
export async function commit(world) {
  const git = (...args) =>
    run(['git', '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], {
      cwd: world.at('source'),
    });
  await git('add', '--all');
  await git('-c', 'gc.auto=0', 'commit', '--quiet', '--message=registry');
}

/** Adds one more version of the plugins at these positions, and commits. */
export async function addReleases(world, positions) {
  for (const position of positions) await writeTree(world.at('source'), world.registry.release(position));
  await commit(world);
}

/** The command that builds the index into `built`, on top of what is there when `again`. */
export function buildCommand(world, again = false) {
  const previous = again ? ['--previous', world.at('built')] : [];
  return sheaf('index', 'build', world.at('source'), '--out', world.at('built'), ...previous);
}

/** Builds, signs and publishes the index to the static host and to the Git branch. */
export async function publish(world, again = false) {
  const env = { SHEAF_HOME: world.home };
  const bare = world.at('git/plugins.git');
  if (!again) await run(['git', 'init', '--quiet', '--bare', '--initial-branch=index', bare]);
  await run(buildCommand(world, again), { env });
  await run(sheaf('index', 'sign', world.at('built'), '--key', world.at('checkpoint-key')), { env });
  for (const target of [world.at('pages'), `${bare}#index`]) {
    await run(sheaf('index', 'publish', world.at('built'), '--to', target), { env });
  }
}

/** Publishes the artifacts of some plugins' newest releases. */
export function publishArtifacts(world, names) {
  return writeTree(world.at('pages/artifacts'), world.registry.artifacts(names));
}

/**
 * A user with a home and a project of their own who has added the registry from one address.
 *
 * @param transport `web` or `git`.
 */
export async function createUser(world, name, transport) {
  const home = world.at(`homes/${name}`);
  const project = world.at(`homes/${name}-project`);
  await mkdir(project, { recursive: true });
  const url = transport === 'web' ? world.web.url : `git+${world.git.url}plugins.git#index`;
  const user = { home, project, options: { cwd: project, env: { SHEAF_HOME: home } } };
  const root = `sha256:${world.registry.rootId}`;
  await run(sheaf('registry', 'add', url, '--alias', 'bench', '--root', root), user.options);
  return user;
}
