// Builds dist/: validators from schemas/, then JavaScript and types from src/. Run as `npm run build`.
import { spawn } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildValidators } from './schemas.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The steps of a build, in order; a step that throws ends it. */
const STEPS = [
  { name: 'schemas', run: () => buildValidators() },
  { name: 'types and JavaScript', run: compile },
  { name: 'generated files', run: copyGenerated },
];

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
