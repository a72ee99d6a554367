// Installing one plugin of each kind with nothing cached: a wasm module, and sources that are built where they are installed.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegistrySimulator, serveDirectory, writeTree } from '../dist/testkit/index.js';
import { compilePlugin } from '../tools/reference/compile.mjs';
import { ECHO_C, ECHO_RUST, programOf } from './echo.mjs';
import { compare, sheaf } from './harness.mjs';
import { createUser } from './world.mjs';

const CARGO_TOML = '[package]\nname = "echo"\nversion = "1.0.0"\nedition = "2021"\n';
const CARGO_LOCK = 'version = 3\n\n[[package]]\nname = "echo"\nversion = "1.0.0"\n';
const compiler = programOf('gcc', 'clang', 'clang-19');
const cargo = programOf('cargo');

const SOURCES = [
  {
    name: 'echo-c',
    language: 'C',
    files: { 'echo.c': ECHO_C },
    command: [compiler, '-O2', '-o', 'echo', 'echo.c'],
    output: 'echo',
  },
  {
    name: 'echo-rust',
    language: 'Rust',
    files: { 'Cargo.toml': CARGO_TOML, 'Cargo.lock': CARGO_LOCK, 'src/main.rs': ECHO_RUST },
    command: [cargo, 'build', '--release', '--offline'],
    output: 'target/release/echo',
    requires: { cargo: '*', rustc: '*' },
  },
];

const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
const at = (name) => join(directory, name);
await mkdir(at('pages'));
const web = await serveDirectory(at('pages'));
try {
  const { home, project, options } = await createUser(
    { at, web, registry: await publishRegistry() },
    'user',
    'web',
  );
  const everything = ['sheaf.toml', 'sheaf.lock', '.sheaf'].map((name) => join(project, name));
  const installing = (name) => ({
    name: 'sheaf install',
    command: sheaf('install', name, '--accept-capabilities'),
    options,
    server: web,
    before: () => removed(...everything, join(home, 'cache')),
  });
  await compare(
    'A plugin of the wasm tier, nothing cached',
    [{ name: 'node -e 0', command: [process.execPath, '-e', '0'] }, installing('treemap')],
    { rounds: 5 },
  );
  for (const { name, language, files, command, output } of SOURCES) {
    const work = at(`bare-${name}`);
    const bare = {
      name: command.join(' '),
      command,
      options: { cwd: work },
      before: async () => {
        await removed(work);
        await writeTree(work, encoded(files));
      },
    };
    await compare(
      `A native plugin from ${language} source (${output}), nothing cached`,
      [bare, installing(name)],
      { rounds: 5 },
    );
  }
} finally {
  await web.close();
  await rm(directory, { recursive: true, force: true });
}

/** A registry of these plugins, with its index and its artifacts on the web server. */
async function publishRegistry() {
  const registry = new RegistrySimulator({
    now: Math.floor(Date.now() / 1_000) * 1_000,
    artifactBase: `${web.url}artifacts/`,
  });
  const module = await compilePlugin('svg-treemap/svg-treemap.ts');
  registry.addRelease({ name: 'treemap', version: '1.0.0', module });
  for (const { name, files, command, output, requires = {} } of SOURCES) {
    const manifest = { build: { command, output }, requires };
    registry.addRelease({ name, version: '1.0.0', tier: 'native', files, manifest });
    registry.addStatus({ plugin: name, kind: 'grant-tier', tier: 'native' }, registry.root.maintainers);
  }
  await registry.publish();
  await writeTree(at('pages'), registry.published);
  await writeTree(
    at('pages'),
    [...registry.artifacts].map(([url, bytes]) => [url.slice(web.url.length), bytes]),
  );
  return registry;
}

function encoded(files) {
  return Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]);
}

async function removed(...paths) {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}
