// Builds dist/: validators from schemas/, JavaScript and types from src/, and the command. Run as `npm run build`.
import { spawn } from 'node:child_process';
import { chmod, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundleRunner } from './runner.mjs';
import { buildValidators } from './schemas.mjs';
import { TEMPLATES } from './templates.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PACKAGES = '/node_modules/';

/** The steps of a build, in order; a step that throws ends it. */
const STEPS = [
  { name: 'schemas', run: () => buildValidators() },
  { name: 'types and JavaScript', run: compile },
  { name: 'generated files', run: copyGenerated },
  { name: 'templates', run: copyTemplates },
  { name: 'command', run: bundleCommand },
];

// Loaded by nearly every command, or from so many files that loading takes longer than a small transfer; with all
// that they need. execa, because it has no CommonJS form. The others stay packages and are loaded by the commands
// that use them.
const BUNDLED_PACKAGES = ['cac', 'execa', 'fflate', 'isomorphic-git', 'semver', 'smol-toml', 'undici'];

// The entries of the programs, by the names of their files; the first of each loads the second.
const COMMAND = { sheaf: 'cli/main.js', program: 'cli/program.js' };
const GIT_WORKER = { 'git-worker': 'io/git/start-git-worker.js', 'git-program': 'io/git/git-worker.js' };

// What is loaded together lies in one file: starting costs a file access a module. The commands that people wait for
// most often share everything that they need of the client.
const CHUNKS = [
  { name: 'version', test: /\/wiring\/version\.js$/ },
  { name: 'start', test: /\/cli\/run-process\.js$/ },
  // Each as large as several commands, and needed when there is a document of its kind (program-loader.ts).
  { name: (id) => `later-${basename(id, '.generated.js')}`, test: /\/validators\/.+\.generated\.js$/ },
  { name: 'client', test: /\/cli\/commands\/(search|info|list)\.js$|\/wiring\/(client|prompt)\.js$/ },
].map((group, index, { length }) => ({ debugName: String(index), ...group, priority: length - index }));

async function compile() {
  // A file that is gone from src must not live on in dist.
  await rm(join(ROOT, 'dist'), { recursive: true, force: true });
  await runProgram(join(ROOT, 'node_modules/typescript/bin/tsc'), ['-p', 'tsconfig.build.json']);
}

/** tsc reads the declarations of generated JavaScript, but copies neither them nor the JavaScript. */
async function copyGenerated() {
  const [from, to] = ['src', 'dist'].map((directory) => join(ROOT, directory, 'core/validators'));
  await cp(from, to, { recursive: true });
}

/** What `sheaf create` makes plugins of, and `sheaf registry init` registries. */
async function copyTemplates() {
  for (const directory of TEMPLATES) {
    await cp(join(ROOT, directory), join(ROOT, 'dist', directory), { recursive: true });
  }
}

/**
 * Bundles the command into dist/bin as CommonJS, which loads faster than modules do, and so that V8's code of it can
 * be kept (docs/decisions/0009). Licences of the packages inside lie beside it.
 */
async function bundleCommand() {
  const directory = join(ROOT, 'dist/bin');
  const output = [
    ...(await bundle(directory, COMMAND, CHUNKS)),
    // Shares nothing with the command: what watches it must start at once.
    ...(await bundle(directory, GIT_WORKER, [])),
    ...(await bundleRunner(join(ROOT, 'dist/runner/main.js'), join(directory, 'runner'))),
  ];
  await writeFile(join(directory, 'package.json'), '{ "type": "commonjs" }\n');
  await chmod(join(directory, 'sheaf.js'), 0o755);
  const licences = await Promise.all(packagesIn(output).map(licenceOf));
  await writeFile(join(directory, 'LICENSES.txt'), licences.join('\n---\n\n'));
}

/** Writes the programs that begin in these files of dist/, by name, and the files that they share. */
async function bundle(directory, entries, groups) {
  const build = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, path]) => [name, join(ROOT, 'dist', path)]),
    ),
    cwd: ROOT,
    platform: 'node',
    logLevel: 'warn',
    external: (id, importer = '') =>
      isBuiltin(id) || (/^[a-z@]/.test(id) && !isBundled(id) && !importer.includes(PACKAGES)),
  });
  const { output } = await build.write({
    dir: directory,
    format: 'cjs',
    // V8 forgets how code that was kept would import (program-loader.ts); `require` is the loader's own.
    dynamicImportInCjs: false,
    minify: true,
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups },
  });
  await build.close();
  return output;
}

function isBundled(id) {
  return BUNDLED_PACKAGES.some((name) => id === name || id.startsWith(`${name}/`));
}

/** The packages of which something is in a bundle, by name. */
function packagesIn(output) {
  const modules = output.flatMap((chunk) => chunk.moduleIds ?? []).filter((id) => id.includes(PACKAGES));
  const names = modules.map(
    (id) => /^(?:@[^/]+\/)?[^/]+/.exec(id.slice(id.lastIndexOf(PACKAGES) + PACKAGES.length))[0],
  );
  return [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1));
}

/** The text of a package's licence, or the name that its package.json gives it where it carries no text. */
async function licenceOf(name) {
  const directory = join(ROOT, PACKAGES, name);
  const file = (await readdir(directory)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const { license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const text = file === undefined ? license : await readFile(join(directory, file), 'utf8');
  return `${name}\n\n${text.trim()}\n`;
}

/** Runs a JavaScript program of the project; what it printed becomes the error when it fails. */
async function runProgram(script, args) {
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const status = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status !== 0) throw new Error(Buffer.concat(output).toString('utf8'));
}

const started = performance.now();
for (const { name, run } of STEPS) {
  const begin = performance.now();
  try {
    await run();
  } catch (error) {
    console.error(
      `The build failed at "${name}":\n${error instanceof Error ? error.message : String(error)}`,
    );
    process.exit(1);
  }
  console.log(`${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
}
console.log(`built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s`);
