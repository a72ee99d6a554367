// What a question to graph-engine costs inside its runner, on a graph of many nodes, against its budget.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readManifest } from '../dist/core/formats/manifest.js';
import { createPlainSandbox } from '../dist/host/plain-sandbox.js';
import { createRunnerPool, findRunner } from '../dist/host/runner-pool.js';
import { startInRunner } from '../dist/host/wasm-plugin.js';
import { printTable } from './harness.mjs';

const NODES = Number(process.argv[2] ?? 10_000);
const EDGES = 2 * NODES;
const QUESTIONS = 2_000;
const LOADS = 20;

const folder = fileURLToPath(new URL('../examples/plugins/graph-engine/', import.meta.url));
const { value: manifest } = readManifest(readFileSync(`${folder}sheaf.plugin.toml`), 'sheaf.plugin.toml');
const { maxQueryTimeUs: budget, ...performance } = manifest.performance;

/** Mulberry32: the same graph and the same questions in each run. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = createRandom(1);
const node = () => `node-${Math.floor(random() * NODES)}`;
const graph = {
  nodes: Array.from({ length: NODES }, (_, index) => `node-${index}`),
  edges: Array.from({ length: EDGES }, () => ({ from: node(), to: node() })),
};

const SUBJECTS = [
  { name: 'reach', command: 'reach', input: () => ({ node: node() }) },
  { name: 'reach, 3 hops', command: 'reach', input: () => ({ node: node(), direction: 'both', hops: 3 }) },
  { name: 'path', command: 'path', input: () => ({ from: node(), to: node() }) },
  { name: 'between', command: 'between', input: () => ({ from: node(), to: node() }) },
];

const pool = createRunnerPool({ sandbox: createPlainSandbox(), runner: findRunner(), size: 0 });
const plugin = await startInRunner(
  {
    // Without its budget, and so without the limit that goes with one: what is slow is to be measured.
    manifest: { ...manifest, performance },
    kind: 'wasm',
    code: readFileSync(`${folder}plugin.wasm`),
    granted: ['read-graph'],
    config: {},
  },
  pool,
  { hostCall: async () => graph, log: () => {} },
);

/** Microseconds inside the plugin; undefined for two nodes that no path connects, which is found out early. */
async function ask(command, input) {
  try {
    return (await plugin.execute(command, input)).metrics.us;
  } catch (error) {
    if (error.details?.code === 'NO_PATH') return undefined;
    throw error;
  }
}

function row(name, samples) {
  const sorted = samples.filter((us) => us !== undefined).toSorted((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((part) => sorted[Math.floor(part * (sorted.length - 1))]);
  const ofBudget = `${((100 * p95) / budget).toFixed(0)} %`;
  return { '': name, 'p50 µs': p50, 'p95 µs': p95, 'p99 µs': p99, [`p95 of ${budget} µs`]: ofBudget };
}

async function sample(count, question) {
  const samples = [];
  for (let index = 0; index < count; index++) samples.push(await question());
  return samples;
}

const loads = await sample(LOADS, () => ask('load', {}));
const rows = [];
for (const { name, command, input } of SUBJECTS) {
  await sample(QUESTIONS / 10, () => ask(command, input()));
  rows.push(row(name, await sample(QUESTIONS, () => ask(command, input()))));
}
printTable(`Questions to a graph of ${NODES} nodes and ${EDGES} edges`, rows);
console.log(`loading it: ${loads.toSorted((a, b) => a - b)[LOADS / 2]} µs (median of ${LOADS})`);
await plugin.dispose();
await pool.dispose();
