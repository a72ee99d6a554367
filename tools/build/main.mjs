// Builds dist/: validators from schemas/, JavaScript and types from src/, and the command. Run as `npm run build`.
import { spawn } from 'node:child_process';
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildValidators } from './schemas.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The steps of a build, in order; a step that throws ends it. */
const STEPS = [
  { name: 'schemas', run: () => buildValidators() },
  { name: 'types and JavaScript', run: compile },
  { name: 'generated files', run: copyGenerated },
  { name: 'command', run: bundleCommand },
];

// Small, and loaded by nearly every command; the others stay packages and are loaded by the commands that use them.
const BUNDLED_PACKAGES = ['cac', 'fflate', 'semver', 'smol-toml'];

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

/**
 * Bundles the command into dist/bin, one chunk for what commands share: starting costs a file access a module, and
 * `sheaf list` would load more than a hundred. Licences of the packages inside lie beside it.
 */
async function bundleCommand() {
  const directory = join(ROOT, 'dist/bin');
  const isBundled = (id) => BUNDLED_PACKAGES.some((name) => id === name || id.startsWith(`${name}/`));
  const build = await rolldown({
    input: { sheaf: join(ROOT, 'dist/cli/main.js'), 'git-worker': join(ROOT, 'dist/io/git-worker.js') },
    cwd: ROOT,
    platform: 'node',
    logLevel: 'warn',
    external: (id) => /^[a-z@]/.test(id) && !isBundled(id),
  });
  await build.write({ dir: directory, format: 'esm', minify: true, chunkFileNames: '[name]-[hash].js' });
  await build.close();
  await chmod(join(directory, 'sheaf.js'), 0o755);
  const licences = await Promise.all(
    BUNDLED_PACKAGES.map(async (name) => {
      const text = await readFile(join(ROOT, 'node_modules', name, 'LICENSE'), 'utf8');
      return `${name}\n\n${text.trim()}\n`;
    }),
  );
  await writeFile(join(directory, 'LICENSES.txt'), licences.join('\n---\n\n'));
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
