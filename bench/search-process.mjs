// One search in a process of its own: `search-process.mjs sheaf|minisearch DIRECTORY WORD...`; search-peers.mjs
// bundles and runs it. Both engines show the same: name, version and description of the first 20.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import MiniSearch from 'minisearch';
import { refOf } from '../dist/core/digest.js';
import { readIndexHead } from '../dist/core/index/index-head.js';
import { searchIndex } from '../dist/core/search/search-index.js';
import { summariesOf } from '../dist/core/search/summaries.js';

const RESULTS = 20;

/** How the peer is built and asked: fields and weights as close to ours as it has them. */
export const PEER = {
  fields: ['name', 'keywords', 'category', 'description'],
  storeFields: ['name', 'version', 'description'],
  searchOptions: { prefix: true, combineWith: 'AND', boost: { name: 8, keywords: 4, category: 2 } },
};

/** Opens our index: the head only, every object verified when it is read. */
export async function openSheaf(directory) {
  const read = async ({ sha256 }) => {
    const bytes = await readFile(join(directory, 'objects', sha256));
    if (refOf(bytes).sha256 !== sha256) throw new Error(`${sha256} is damaged.`);
    return bytes;
  };
  const head = readIndexHead(await readFile(join(directory, 'head.json')), 'The index');
  return async (text) => {
    const index = { head, fetchObject: read };
    const request = { text, filters: {}, engines: {}, sort: 'relevance', first: RESULTS };
    const { hits, terms, total } = await searchIndex(index, request);
    const found = await summariesOf(hits, terms, index);
    return { total, results: found.map(({ plugin }) => plugin) };
  };
}

/** Opens the peer's index: all of it. */
export async function openMiniSearch(directory) {
  const engine = MiniSearch.loadJSON(await readFile(join(directory, 'minisearch.json'), 'utf8'), PEER);
  return async (text) => {
    const found = engine.search(text);
    return { total: found.length, results: found.slice(0, RESULTS) };
  };
}

const OPEN = { sheaf: openSheaf, minisearch: openMiniSearch };

const [engine, directory, ...words] = process.argv.slice(2);
if (engine in OPEN) {
  const search = await OPEN[engine](directory);
  const { total, results } = await search(words.join(' '));
  process.stdout.write(results.map(({ name, version }) => `${name} ${version}\n`).join(''));
  process.stdout.write(`${total} found\n`);
}
