// Searching the same texts with our index and with a serialised MiniSearch: in a fresh process, and in one that runs.
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import MiniSearch from 'minisearch';
import { rolldown } from 'rolldown';
import { buildIndex } from '../dist/core/index/build-index.js';
import { FILE_KINDS, record, writeIndexHead } from '../dist/core/index/index-head.js';
import { generateRegistry } from '../dist/testkit/index.js';
import { compare, formatBytes, pluginsAsked, printTable } from './harness.mjs';
import { recordOf } from './plugin-record.mjs';
import { openMiniSearch, openSheaf, PEER } from './search-process.mjs';

const QUERIES = ['parser', 'monitor vault', 'lib', 'graph query', 'serv', 'data'];
const REPEATS = 20;

const plugins = pluginsAsked(10_000);
const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
try {
  const { shape } = generateRegistry({ plugins });
  const records = shape.names.map((_, position) => recordOf(shape.plugin(position)));
  await reportBuild(records);
  const program = await bundleProcess();
  const subjects = QUERIES.slice(0, 2).flatMap((text) =>
    ['sheaf', 'minisearch'].map((engine) => ({
      name: `${engine}: ${text}`,
      command: [process.execPath, program, engine, directory, ...text.split(' ')],
    })),
  );
  const node = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };
  await compare(`One search in a fresh process, ${plugins} plugins`, [node, ...subjects], { rounds: 10 });
  printTable(`Searches in one process, ${plugins} plugins, ${REPEATS} of each query`, [
    await inProcess('sheaf', await openSheaf(directory)),
    await inProcess('minisearch', await openMiniSearch(directory)),
  ]);
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** Builds both indexes from the same records, writes them, and prints time and size. */
async function reportBuild(records) {
  const ours = await timed(() => buildOurs(records));
  const theirs = await timed(() => buildTheirs(records));
  printTable(`Indexes of ${records.length} plugins`, [
    {
      '': 'sheaf',
      'build ms': Math.round(ours.ms),
      files: ours.value.files,
      size: formatBytes(ours.value.bytes),
    },
    { '': 'minisearch', 'build ms': Math.round(theirs.ms), files: 1, size: formatBytes(theirs.value) },
  ]);
}

async function buildOurs(records) {
  const { head, objects } = buildIndex({
    registry: 'bench',
    plugins: records.map((plugin) => ({
      plugin,
      releases: JSON.stringify({ name: plugin.name }),
      bundles: [],
    })),
    owners: [],
    files: record(FILE_KINDS, () => new Uint8Array()),
  });
  await mkdir(join(directory, 'objects'));
  const searched = objects.filter(({ path }) => !path.startsWith('releases'));
  for (const { sha256, bytes } of searched) await writeFile(join(directory, 'objects', sha256), bytes);
  const written = writeIndexHead(head);
  await writeFile(join(directory, 'head.json'), written);
  return { files: searched.length, bytes: searched.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

async function buildTheirs(records) {
  const engine = new MiniSearch(PEER);
  engine.addAll(records.map((plugin, id) => ({ ...plugin, id, keywords: plugin.keywords.join(' ') })));
  const file = join(directory, 'minisearch.json');
  await writeFile(file, JSON.stringify(engine));
  return (await stat(file)).size;
}

/** One file with both engines, so that neither pays for the number of its modules. */
async function bundleProcess() {
  const file = join(directory, 'search-process.mjs');
  const input = fileURLToPath(new URL('search-process.mjs', import.meta.url));
  const build = await rolldown({ input, platform: 'node', logLevel: 'silent' });
  await build.write({ file, format: 'esm', minify: true });
  await build.close();
  return file;
}

/** Milliseconds of searches after a first round, and what they found in all. */
async function inProcess(name, search) {
  const times = [];
  let found = 0;
  for (let round = -1; round < REPEATS; round++) {
    for (const text of QUERIES) {
      const { ms, value } = await timed(() => search(text));
      if (round < 0) found += value.total;
      else times.push(ms);
    }
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(2);
  return { '': name, found, 'p50 ms': at(0.5), 'p95 ms': at(0.95), 'max ms': at(1) };
}

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}
