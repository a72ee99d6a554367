import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';

const MODULE = /\.(?:[cm]?js|ts)$/;
const TEST = /\.(?:test|d)\.ts$/;
/** Imports and re-exports by relative path, also those that happen when they are needed. */
const IMPORT = /(?:\bfrom\s|^import\s|\bimport\()\s*['"](\.[^'"]+)['"]/gm;
/** The first sentence of the first documentation comment: what a module is for. */
const COMMENT = /\/\*\*\s*\n?([\s\S]*?)(?:\.\s|\*\/)/;

/**
 * A plugin of the core tier: an object of the host, which may do what the host may. Its command `scan` reads the
 * modules below the directory of its configuration and answers which imports which:
 * `{nodes: [{id, text}], edges: [{from, to}]}`.
 */
export class ImportGraph {
  #directory = '';
  #graph;

  init({ config, log }) {
    this.#directory = config.directory;
    log('info', `Modules are read from ${config.directory}.`);
  }

  async execute(command) {
    if (command !== 'scan') throw new Error(`There is no command ${command}.`);
    this.#graph ??= scan(this.#directory);
    return this.#graph;
  }

  dispose() {
    this.#graph = undefined;
  }
}

async function scan(directory) {
  const entries = await readdir(directory, { recursive: true });
  const ids = entries
    .map((entry) => entry.replaceAll('\\', '/'))
    .filter((id) => MODULE.test(id) && !TEST.test(id))
    .toSorted();
  const known = new Set(ids);
  const read = await Promise.all(ids.map((id) => readModule(directory, id)));
  const edges = read.flatMap(({ id, imports }) => imports.map((to) => ({ from: id, to })));
  return {
    nodes: read.map(({ id, text }) => ({ id, text })),
    edges: edges.filter(({ to }) => known.has(to)),
  };
}

async function readModule(directory, id) {
  const source = await readFile(join(directory, id), 'utf8');
  const imports = [...source.matchAll(IMPORT)].map(([, path]) => posix.join(dirname(id), path));
  const comment = COMMENT.exec(source)?.[1] ?? '';
  const text = comment.replaceAll(/\s*\n\s*\*\s?/g, ' ').replace(/^\s*\*\s?/, '');
  return { id, imports: [...new Set(imports)], text: text.trim() };
}
