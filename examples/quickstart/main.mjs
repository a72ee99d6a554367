// The whole way of a plugin on this machine: a registry is published, a user installs from it. Nothing outside a
// temporary directory is touched, and nothing but loopback is asked. See README.md beside this file.
import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveDirectory, serveGit } from '../../dist/testkit/index.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHEAF = join(ROOT, 'dist/bin/sheaf.js');
const TERMINAL = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

const work = mkdtempSync(join(tmpdir(), 'sheaf-quickstart-'));
const servers = [];
const cleanUp = async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(work, { recursive: true, force: true });
};
process.once('SIGINT', () => cleanUp().then(() => process.exit(130)));

/** Runs a program where and as a person would, its output shown. Ends the quickstart when it fails. */
function run(program, args, { cwd, env = {}, quiet = false }) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', quiet ? 'ignore' : 'inherit', quiet ? 'ignore' : 'inherit'];
    const child = spawn(program, args, { cwd, stdio, env: { ...process.env, CI: '', ...env } });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve();
      else reject(new Error(`${basename(program)} ${args.join(' ')} ended with status ${status}.`));
    });
  });
}

const shown = (line) => console.log(TERMINAL ? `\n\u001b[1m$ ${line}\u001b[0m` : `\n$ ${line}`);
const chapter = (title) => console.log(TERMINAL ? `\n\u001b[36m# ${title}\u001b[0m` : `\n# ${title}`);

/** The words of a command line; single quotes hold one together, as they do in a shell. */
const wordsOf = (line) => line.match(/'[^']*'|\S+/g).map((word) => word.replaceAll("'", ''));

/** One sheaf command line of a person who works in `cwd` and keeps their own files in `home`. */
const sheafFor = (cwd, home) => (line) => {
  shown(`sheaf ${line}`);
  return run(process.execPath, [SHEAF, ...wordsOf(line)], { cwd, env: { SHEAF_HOME: home } });
};

try {
  await quickstart();
  console.log('\nThat was all of it; the temporary directory is gone.');
} catch (error) {
  console.error(`\nThe quickstart stopped: ${error.message}`);
  process.exitCode = 1;
} finally {
  await cleanUp();
}

async function quickstart() {
  const registry = join(work, 'registry');
  const pages = join(work, 'pages');
  const repositories = join(work, 'git');
  const project = join(work, 'project');
  for (const directory of [registry, pages, repositories, project, join(work, 'keys')]) mkdirSync(directory);

  chapter('A registry: a copy of the one in this repository, with keys of its own');
  await run(
    process.execPath,
    [join(ROOT, 'tools/reference/main.mjs'), join(pages, 'o'), join(work, 'rebuilt')],
    { cwd: ROOT },
  );
  for (const directory of ['registry', 'plugins'])
    cpSync(join(ROOT, directory), join(registry, directory), { recursive: true });
  const held = holdBack(registry);
  const web = await serveDirectory(pages);
  const git = await serveGit(repositories);
  servers.push(web, git);
  readdress(join(registry, 'registry/registry.toml'), web.url, git.url);

  const operator = sheafFor(registry, join(work, 'operator'));
  for (const name of ['olga', 'otto', 'ci']) await operator(`key create ../keys/${name}`);
  rmSync(join(registry, 'registry/trust/root'), { recursive: true });
  await operator(
    'registry init . --id sheaf-example-plugins --root-key ../keys/olga.pub --root-key ../keys/otto.pub --threshold 2 --ci-key ../keys/ci.pub',
  );
  const grants = statusEvents(registry);
  for (const name of ['olga', 'otto']) {
    await operator(`sign registry/trust/root/1.signers --key ../keys/${name}`);
    for (const grant of grants)
      await operator(`sign ${grant} --key ../keys/${name} --namespace status@sheaf --as ${name}`);
  }
  const commit = async (message) => {
    await run('git', ['add', '--all'], { cwd: registry });
    await run(
      'git',
      ['-c', 'user.name=olga', '-c', 'user.email=olga@example.org', 'commit', '--quiet', '-m', message],
      { cwd: registry },
    );
  };
  await run('git', ['init', '--quiet', '--initial-branch=main', registry], { cwd: work });
  await commit('The registry begins');

  chapter('Its operator builds the index, signs it, and publishes it to a static host and to a Git branch');
  await run(
    'git',
    ['init', '--quiet', '--bare', '--initial-branch=index', join(repositories, 'plugins.git')],
    { cwd: work },
  );
  const publish = async (previous) => {
    await operator(`index build . --out ../built${previous}`);
    await operator('index sign ../built --key ../keys/ci');
    await operator('index publish ../built --to ../pages');
    await operator('index publish ../built --to ../git/plugins.git#index');
  };
  await publish('');

  chapter(
    'A user adds the registry, with the digest of its root from a source they trust, and installs a plugin',
  );
  const user = sheafFor(project, join(work, 'user'));
  const root = await rootDigest(registry);
  await user(`registry add git+${git.url}plugins.git#index --alias demo --root sha256:${root}`);
  await user('sync');
  await user('search language models');
  await user('info context-pack');
  await user('install context-pack advanced-query-engine@^1');
  await user('list');

  chapter('The author releases two more versions; the operator publishes the next index');
  held.release();
  await commit('context-pack 1.1.0 and 1.2.0');
  await publish(' --previous ../built');

  chapter('The user updates, goes back, and checks what is installed, byte by byte');
  await user('outdated');
  await user('update --dry-run');
  await user('update --accept-capabilities');
  await user('rollback');
  await user('verify');

  chapter('Somebody else reads the same registry from the static host, and runs what they install');
  const other = sheafFor(mkdtempSync(join(work, 'other-')), join(work, 'somebody'));
  await other(`registry add ${web.url} --alias demo --root sha256:${root}`);
  await other('install graph-engine mermaid-diagram ci-annotations --accept-capabilities');
  await other('verify');
  const graph = '{"edges": [{"from": "web", "to": "api"}, {"from": "api", "to": "db"}]}';
  await other(`run graph-engine path '{"graph": ${graph}, "from": "web", "to": "db"}'`);
  await other(`run mermaid-diagram flowchart '{"graph": ${graph}}' --profile`);
}

/** Takes the newer releases of one plugin away until they are released. */
function holdBack(registry) {
  const directory = join(registry, 'plugins/context-generators/co/context-pack');
  const later = readdirSync(directory).filter((name) => /^1\.[12]\.0\.toml/.test(name));
  const shelf = join(work, 'unreleased');
  mkdirSync(shelf);
  for (const name of later) renameSync(join(directory, name), join(shelf, name));
  return {
    release: () => {
      for (const name of later) renameSync(join(shelf, name), join(directory, name));
    },
  };
}

/** Names this machine's servers in place of the documentation addresses. */
function readdress(file, web, git) {
  const text = readFileSync(file, 'utf8')
    .replace('index = ["https://plugins.example.org/"]', `index = ["${web}", "git+${git}plugins.git#index"]`)
    .replace('artifact_mirrors = ["https://plugins.example.org/o/"]', `artifact_mirrors = ["${web}o/"]`);
  writeFileSync(file, text);
}

/** The signed status events, their signatures by the demonstration keys removed. */
function statusEvents(registry) {
  const files = readdirSync(join(registry, 'registry/security/status'), { recursive: true }).map(
    (path) => `registry/security/status/${path}`,
  );
  for (const path of files.filter((path) => path.endsWith('.sig'))) rmSync(join(registry, path));
  return files.filter((path) => path.endsWith('.toml'));
}

async function rootDigest(registry) {
  const { createHash } = await import('node:crypto');
  return createHash('sha256')
    .update(readFileSync(join(registry, 'registry/trust/root/1.signers')))
    .digest('hex');
}
