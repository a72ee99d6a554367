// Searching in one process: what a first search of each kind fetches, and how long it takes with everything at hand.
import { performance } from 'node:perf_hooks';
import { allRuns } from '../dist/core/index/runs.js';
import { readTermRun, termOf } from '../dist/core/index/term-run.js';
import { searchIndex } from '../dist/core/search/search-index.js';
import { summariesOf } from '../dist/core/search/summaries.js';
import { createDirectorySource } from '../dist/io/directory-source.js';
import { readPreviousIndex } from '../dist/ops/index/previous-index.js';
import { pluginsAsked, printTable, run } from './harness.mjs';
import { buildCommand, createWorld } from './world.mjs';

const PAGE = 20;
const ROUNDS = 20;

const plugins = pluginsAsked(10_000);
const world = await createWorld(plugins);
try {
  await run(buildCommand(world), { env: { SHEAF_HOME: world.home } });
  const built = await readPreviousIndex(createDirectorySource(world.at('built'), world.at('built')));
  const cached = new Map();
  const fetchObject = async (object) => {
    const bytes = cached.get(object.sha256) ?? (await built.fetchObject(object));
    cached.set(object.sha256, bytes);
    return bytes;
  };
  const rows = [];
  const times = [];
  for (const [text, request] of searches(await frequentWords(built))) {
    const asked = new Map();
    const watched = (object) => {
      asked.set(object.sha256, object.size);
      return fetchObject(object);
    };
    const total = await search(built.head, watched, text, request);
    const own = [];
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      await search(built.head, fetchObject, text, request);
      own.push(performance.now() - began);
    }
    times.push(...own);
    const bytes = [...asked.values()].reduce((sum, size) => sum + size, built.checkpoint.index.size);
    rows.push({
      '': [text || '(nothing)', ...Object.keys(request.filters ?? {}), request.sort]
        .filter(Boolean)
        .join(' '),
      found: total,
      'KB cold': Math.round(bytes / 1000),
      requests: asked.size + 1,
      'p50 ms warm': percentile(own, 0.5).toFixed(2),
    });
  }
  printTable(`Searches of ${plugins} plugins, in one process`, rows);
  const cold = rows.map((row) => row['KB cold']);
  printTable('All of them', [
    {
      'KB cold p50': percentile(cold, 0.5),
      'KB cold max': Math.max(...cold),
      'ms warm p50': percentile(times, 0.5).toFixed(2),
      'ms warm p95': percentile(times, 0.95).toFixed(2),
      'memory MB': Math.round(process.memoryUsage.rss() / 1e6),
    },
  ]);
} finally {
  await world.close();
}

/** One search with what its first page shows; how many were found. */
async function search(head, fetchObject, text, { filters = {}, sort = 'relevance' }) {
  const index = { head, fetchObject };
  const answer = await searchIndex(index, { text, filters, engines: {}, sort, first: PAGE });
  await summariesOf(answer.hits, answer.terms, index);
  return answer.total;
}

/** Searches of all kinds; words from the most frequent ones, which cost most, to rare ones. */
function searches(words) {
  const word = (rank) => words[Math.min(words.length - 1, rank)];
  const several = (...ranks) => ranks.map(word).join(' ');
  const texts = [
    ...[0, 5, 50, 500, 5000].map(word),
    several(0, 1),
    several(2, 3, 4),
    several(0, 1, 2, 3),
    several(0, 1, 2, 3, 4, 5, 6, 7),
    several(10, 20),
    several(10, 200),
    several(100, 101, 102),
    several(30, 300, 3000),
    word(7).slice(0, 3),
    word(60).slice(0, 2),
    word(0).slice(0, 4),
    `${word(8)}x`,
    'lib',
    'parser',
    'graph tree',
    'language server',
    'monitor vault',
    '',
  ];
  return [
    ...texts.map((text) => [text, {}]),
    [word(0), { filters: { tier: ['native'] } }],
    [several(0, 1), { filters: { license: ['MIT'] } }],
    ['', { filters: { category: ['integrations'] } }],
    [word(3), { sort: 'downloads' }],
  ];
}

/** Words of the index, the most frequent first. */
async function frequentWords({ head, fetchObject }) {
  const counts = new Map();
  for (const { object } of await allRuns('terms', head.runs.terms, fetchObject)) {
    for (const entry of readTermRun(await fetchObject(object), object.path)) {
      const term = termOf(entry);
      if (/^[a-z]{4,}$/.test(term)) counts.set(term, (counts.get(term) ?? 0) + entry.count);
    }
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([term]) => term);
}

function percentile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}
