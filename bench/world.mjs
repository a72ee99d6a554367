// A generated registry on this machine: its repository, its published index on a static host and on a Git branch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
  await writeFile(at('checkpoint-key'), formatPrivateKey(registry.checkpointKey), { mode: 0o600 });
  const world = { directory, at, web, git, registry, home: at('homes/operator') };
  await run(['git', 'init', '--quiet', '--initial-branch=main', at('source')]);
  await commit(world, registry.source());
  return {
    ...world,
    close: async () => {
      await Promise.all([web.close(), git.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Commits files to the registry repository, which has no work tree: of a large one that is most of its size. */
export async function commit(world, files) {
  const cwd = world.at('source');
  const git = spawn('git', ['-c', 'core.compression=1', 'fast-import', '--quiet', '--force'], {
    cwd,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const from = world.isCommitted ? 'from refs/heads/main^0\n' : '';
  git.stdin.write(`commit refs/heads/main\ncommitter bench <bench@example.org> 1 +0000\ndata 0\n${from}`);
  for (const [path, bytes] of files) {
    git.stdin.write(`M 100644 inline ${path}\ndata ${bytes.length}\n`);
    git.stdin.write(bytes);
    if (!git.stdin.write('\n')) await once(git.stdin, 'drain');
  }
  git.stdin.end();
  const [status] = await once(git, 'close');
  if (status !== 0) throw new Error(`git fast-import ended with status ${status}.`);
  world.isCommitted = true;
}

/** Adds one more version of the plugins at these positions, and commits. */
export function addReleases(world, positions) {
  return commit(
    world,
    positions.flatMap((position) => [...world.registry.release(position)]),
  );
}

/** Adds a plugin, a copy of the one at a position under another name, and commits. */
export function addPlugin(world, position) {
  const name = world.registry.names[position];
  const files = [];
  for (const [path, bytes] of world.registry.pluginFiles(position)) {
    const text = Buffer.from(bytes).toString('utf8').replaceAll(`"${name}"`, `"${name}-plus"`);
    files.push([path.replace(`/${name}/`, `/${name}-plus/`), Buffer.from(text)]);
  }
  return commit(world, files);
}

/** The command that builds the index into `built`, on top of what is there when `again`. */
export function buildCommand(world, again = false) {
  const previous = again ? ['--previous', world.at('built')] : [];
  const source = [world.at('source'), '--commit', 'HEAD'];
  return sheaf('index', 'build', ...source, '--out', world.at('built'), ...previous);
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
