// What running a plugin costs, against a Node child that does nothing but answer.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import wabt from 'wabt';
import { readManifest } from '../dist/core/formats/manifest.js';
import { limitWasm } from '../dist/core/runtime/wasm-limits.js';
import { readWasmModule } from '../dist/core/runtime/wasm-module.js';
import { openConnection } from '../dist/host/connection.js';
import { createPlainSandbox } from '../dist/host/plain-sandbox.js';
import { createRunnerPool, findRunner } from '../dist/host/runner-pool.js';
import { startInRunner } from '../dist/host/wasm-plugin.js';
import { compilePlugin } from '../tools/reference/compile.mjs';
import { median, percentileRows, percentiles, printTable, timed } from './harness.mjs';

const CALLS = Number(process.argv[2] ?? 5_000);
const STARTS = 30;
const TOGETHER = 10;
const PARALLEL_ROUNDS = 10;

/** Answers each request with the same line as the smallest plugin does. */
const EMPTY_CHILD = `
  let rest = '';
  process.stdin.on('data', (chunk) => {
    rest += chunk;
    for (let at; (at = rest.indexOf('\\n')) >= 0; rest = rest.slice(at + 1)) {
      const { id, method } = JSON.parse(rest.slice(0, at));
      const result = method === 'initialize' ? { protocol: 1, commands: ['run'] } : 1;
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result, metrics: { us: 1, memory_bytes: 65536 } }) + '\\n');
    }
  });`;

const SMALLEST = `(module (memory (export "memory") 1) (data (i32.const 0) "{\\22ok\\22:1}")
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "run") (param i32 i32) (result i64) (i64.const 8)))`;

const HANDLERS = { hostCall: async () => null, log: () => {} };
const sandbox = createPlainSandbox();
const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
const childFile = join(directory, 'child.cjs');
await writeFile(childFile, EMPTY_CHILD);
const smallest = (await wabt()).parseWat('smallest.wat', SMALLEST).toBinary({}).buffer;
const treemap = await compilePlugin('svg-treemap/svg-treemap.ts');

const poolOf = (size) => createRunnerPool({ sandbox, runner: findRunner(), size });
const cold = poolOf(0);
const warm = poolOf(1);

const MANIFEST = `
  [plugin]
  name = "specimen"
  version = "1.0.0"
  description = "The smallest plugin"
  author = "bench"
  license = "MIT"
  repository = "https://git.example.org/bench/specimen"
  [compatibility]
  [performance]
  [security]
  tier = "wasm"
  capabilities = []`;
const { value: manifest } = readManifest(new TextEncoder().encode(MANIFEST), 'sheaf.plugin.toml');

function start(kind, code, pool) {
  return startInRunner({ manifest, kind, code, granted: [], config: {} }, pool, HANDLERS);
}

async function startEmpty() {
  const child = sandbox.spawn({
    command: [process.execPath, childFile],
    readOnly: [],
    environment: {},
    workdirBytes: 0,
    network: false,
  });
  const connection = openConnection(child, HANDLERS, { plugin: 'empty', capabilities: [], cancel: 'kill' });
  await connection.initialize({}, 65_536);
  return {
    execute: (command, input) => connection.execute(command, input, { deadlineMs: 30_000 }),
    dispose: () => connection.kill(),
  };
}

function bareNode() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore', env: {} });
    child.once('error', reject);
    child.once('exit', resolve);
  });
}

async function calls() {
  const script = 'export const run = () => 1;';
  const items = Array.from({ length: 20 }, (_, value) => ({ label: `item ${value}`, value: value + 1 }));
  const subjects = [
    { name: 'empty Node child', plugin: await startEmpty(), command: 'run', input: null },
    {
      name: 'smallest wasm plugin',
      plugin: await start('wasm', smallest, cold),
      command: 'run',
      input: null,
    },
    {
      name: 'svg-treemap, 20 items',
      plugin: await start('wasm', treemap, cold),
      command: 'treemap',
      input: { items },
    },
    {
      name: 'smallest JavaScript plugin',
      plugin: await start('javascript', new TextEncoder().encode(script), cold),
      command: 'run',
      input: null,
    },
  ].map((subject) => ({ ...subject, samples: [] }));
  // In turn and in small batches, so that what disturbs the machine disturbs all of them.
  for (let batch = 0; batch < CALLS / 50; batch++) {
    for (const { plugin, command, input, samples } of subjects) {
      for (let call = 0; call < 50; call++) {
        const { time } = await timed(() => plugin.execute(command, input));
        if (batch > 0) samples.push(time);
      }
    }
  }
  await Promise.all(subjects.map(({ plugin }) => plugin.dispose()));
  printTable(`Call (${CALLS} each)`, percentileRows(subjects, 'µs', 1_000));
}

async function starts() {
  const subjects = [
    { name: 'node -e 0', run: bareNode },
    { name: 'cold, smallest wasm', run: () => start('wasm', smallest, cold) },
    { name: 'cold, svg-treemap', run: () => start('wasm', treemap, cold) },
    { name: 'cold, JavaScript executor', run: () => start('script', new Uint8Array(), cold) },
    { name: 'warm, smallest wasm', run: () => start('wasm', smallest, warm), warm: true },
    { name: 'warm, svg-treemap', run: () => start('wasm', treemap, warm), warm: true },
  ].map((subject) => ({ ...subject, samples: [] }));
  for (let round = -1; round < STARTS; round++) {
    for (const subject of subjects) {
      if (subject.warm) {
        warm.warm();
        // A blank runner tells nobody that it is ready: that is what makes it blank.
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      const { time, result } = await timed(subject.run);
      if (round >= 0) subject.samples.push(time);
      await result?.dispose?.();
    }
  }
  printTable(
    `From the artifact's bytes to an initialized plugin (${STARTS} each)`,
    percentileRows(subjects, 'ms', 1),
  );
}

/** One at a time against ten at once: the median time until the last of them is there. */
async function parallel() {
  const ten = poolOf(TOGETHER);
  const subjects = [
    { name: 'node -e 0', run: bareNode },
    { name: 'cold, smallest wasm', run: () => start('wasm', smallest, cold) },
    { name: 'warm, smallest wasm', run: () => start('wasm', smallest, ten), warm: true },
  ].map((subject) => ({ ...subject, one: [], all: [] }));
  for (let round = -1; round < PARALLEL_ROUNDS; round++) {
    for (const subject of subjects) {
      for (const count of [1, TOGETHER]) {
        if (subject.warm) {
          ten.warm();
          await new Promise((resolve) => setTimeout(resolve, 150 * TOGETHER));
        }
        const { time, result } = await timed(() =>
          Promise.all(Array.from({ length: count }, () => subject.run())),
        );
        if (round >= 0) (count === 1 ? subject.one : subject.all).push(time);
        await Promise.all(result.map((plugin) => plugin?.dispose?.()));
      }
    }
  }
  await ten.dispose();
  const rows = subjects.map(({ name, one, all }) => ({
    '': name,
    'one ms': median(one).toFixed(1),
    [`${TOGETHER} ms`]: median(all).toFixed(1),
    ratio: (median(all) / median(one)).toFixed(2),
  }));
  const processors = availableParallelism();
  printTable(`${TOGETHER} at once against one, on ${processors} processors (${PARALLEL_ROUNDS} each)`, rows);
}

function part(name, samples) {
  const [p50, p95, p99] = percentiles(samples).map((value) => value.toFixed(2));
  return { '': name, 'p50 ms': p50, 'p95 ms': p95, 'p99 ms': p99 };
}

async function pieces() {
  const limiting = [];
  for (let round = 0; round < 1_000; round++) {
    const { time } = await timed(() => limitWasm(treemap, readWasmModule(treemap, 'it'), 10_485_760, 'it'));
    if (round >= 100) limiting.push(time);
  }
  const killing = [];
  for (let round = 0; round < STARTS; round++) {
    const runner = cold.take();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const { time } = await timed(() => {
      runner.kill();
      return runner.ended;
    });
    killing.push(time);
  }
  printTable('Parts', [
    part(`reading and limiting a module of ${treemap.byteLength} bytes`, limiting),
    part('SIGKILL until the process is gone', killing),
  ]);
}

try {
  await calls();
  await starts();
  await parallel();
  await pieces();
} finally {
  await Promise.all([cold.dispose(), warm.dispose()]);
  await rm(directory, { recursive: true, force: true });
}
