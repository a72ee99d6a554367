// Choosing versions: our resolver and cargo on the same generated graph, both without a network.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { resolve } from '../dist/core/resolution/resolve.js';
import { satisfies } from '../dist/core/version.js';
import { RegistrySimulator, serveDirectory, writeTree } from '../dist/testkit/index.js';
import { seededRandom } from '../dist/testkit/random.js';
import { median, pluginsAsked, printTable, run, sheaf } from './harness.mjs';

const ROUNDS = 10;
const VERSIONS = 10;
const ROOTS = 12;
const NO_DIGEST = '0'.repeat(64);

const plugins = pluginsAsked(80);
const graph = makeGraph(plugins);
const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
const at = (name) => join(directory, name);
const web = await serveDirectory(directory);
try {
  const cargo = await prepareCargo();
  const install = await prepareSheaf();
  const times = { cargo: [], 'sheaf, in process': [], 'sheaf install --dry-run': [] };
  let ours;
  for (let round = -1; round < ROUNDS; round++) {
    await rm(at('cargo/Cargo.lock'), { force: true });
    const cargoTime = await cargo();
    const began = performance.now();
    ours = chosenByUs(await resolve(problem()));
    const own = performance.now() - began;
    const whole = await install();
    if (round < 0) console.log(`The first resolution in this process took ${own.toFixed(1)} ms.`);
    else Object.values(times).forEach((list, index) => list.push([cargoTime, own, whole][index]));
  }
  printTable(
    `Resolution of ${plugins} plugins with ${VERSIONS} versions each (${ROUNDS} rounds)`,
    Object.entries(times).map(([name, list]) => ({
      '': name,
      'min ms': Math.min(...list).toFixed(1),
      'median ms': median(list).toFixed(1),
      ratio: median(list.map((time, round) => time / times.cargo[round])).toFixed(2),
    })),
  );
  const theirs = chosenByCargo(await readFile(at('cargo/Cargo.lock'), 'utf8'));
  const differing = [...ours].filter(([name, version]) => theirs.get(name) !== version).length;
  printTable('What was chosen', [
    { '': 'cargo', plugins: theirs.size, valid: isValid(theirs) },
    { '': 'sheaf', plugins: ours.size, valid: isValid(ours), 'differs in': differing },
  ]);
} finally {
  await web.close();
  await rm(directory, { recursive: true, force: true });
}

/**
 * Plugins of one major version, so that cargo, too, may choose one version of each. Every version needs some of the
 * plugins behind it; ranges are wide, or narrow and often in the way of others. One hidden choice satisfies all.
 */
function makeGraph(size) {
  const random = seededRandom('resolution');
  const hidden = Array.from({ length: size }, () => 4 + random.below(VERSIONS - 4));
  const versions = (position) =>
    Array.from({ length: VERSIONS }, (_, minor) => ({
      version: `1.${minor}.0`,
      dependencies: Object.fromEntries(
        Array.from({ length: Math.min(random.below(5), size - position - 1) }, () => {
          const target = position + 1 + random.below(Math.min(size - position - 1, 25));
          return [
            nameAt(target),
            rangeAround(random, minor === hidden[position] ? hidden[target] : undefined),
          ];
        }),
      ),
    }));
  return {
    roots: Array.from({ length: ROOTS }, (_, position) => nameAt(position)),
    plugins: new Map(Array.from({ length: size }, (_, position) => [nameAt(position), versions(position)])),
  };
}

function nameAt(position) {
  return `plugin${String(position).padStart(4, '0')}`;
}

function rangeAround(random, minor) {
  const low = minor === undefined ? random.below(VERSIONS) : random.below(minor + 1);
  if (random.chance(0.7)) return `^1.${low}.0`;
  const high = minor === undefined ? low : minor;
  return `>=1.${low}.0 <1.${high + 1 + random.below(3)}.0`;
}

/** What our resolver is asked, from memory. */
function problem() {
  const records = new Map(
    [...graph.plugins].map(([name, versions]) => [
      name,
      {
        name,
        owner: 'author',
        bundles: [],
        versions: versions.toReversed().map(({ version, dependencies }) => ({
          version,
          manifest: NO_DIGEST,
          bundle: 0,
          tier: 'wasm',
          capabilities: [],
          platforms: ['any'],
          engines: {},
          dependencies: Object.fromEntries(
            Object.entries(dependencies).map(([needed, range]) => [needed, { range, optional: false }]),
          ),
        })),
      },
    ]),
  );
  return {
    wanted: graph.roots.map((name) => ({ name, range: '*' })),
    locked: new Map(),
    update: new Set(),
    engines: {},
    platform: 'linux-x64',
    prereleases: false,
    offer: async (name) => ({ registry: 'bench', record: records.get(name) }),
  };
}

/** A package that wants the roots, and a local registry in cargo's layout; returns what resolves them. */
async function prepareCargo() {
  const files = new Map([
    ['home/config.toml', configOfCargo()],
    ['cargo/src/lib.rs', ''],
    [
      'cargo/Cargo.toml',
      `[package]\nname = "bench"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n${graph.roots.map((name) => `${name} = "*"\n`).join('')}`,
    ],
  ]);
  for (const [name, versions] of graph.plugins) {
    const lines = versions.map(({ version, dependencies }) =>
      JSON.stringify({
        name,
        vers: version,
        deps: Object.entries(dependencies).map(([needed, range]) => ({
          name: needed,
          req: range.replace(' ', ', '),
          features: [],
          optional: false,
          default_features: true,
          target: null,
          kind: 'normal',
        })),
        cksum: NO_DIGEST,
        features: {},
        yanked: false,
      }),
    );
    files.set(`crates/index/${name.slice(0, 2)}/${name.slice(2, 4)}/${name}`, lines.join('\n'));
  }
  for (const [path, text] of files) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }
  const options = { cwd: at('cargo'), env: { CARGO_HOME: at('home') } };
  return () => run(['cargo', 'generate-lockfile', '--offline', '--quiet'], options);
}

function configOfCargo() {
  return `[source.crates-io]\nreplace-with = "bench"\n\n[source.bench]\nlocal-registry = ${JSON.stringify(at('crates'))}\n`;
}

/** A signed registry with the same graph and a user who knows it; returns what plans an installation. */
async function prepareSheaf() {
  const registry = new RegistrySimulator({ now: Date.now() });
  for (const [name, versions] of graph.plugins) {
    for (const release of versions) registry.addRelease({ name, ...release });
  }
  await registry.publish();
  await writeTree(at('pages'), registry.published);
  await mkdir(at('project'));
  const options = { cwd: at('project'), env: { SHEAF_HOME: at('user') } };
  const root = `sha256:${registry.rootId}`;
  await run(sheaf('registry', 'add', `${web.url}pages/`, '--alias', 'bench', '--root', root), options);
  const plan = sheaf('install', ...graph.roots, '--dry-run', '--accept-capabilities');
  // What the plan reads is fetched here.
  await run(plan, options);
  return () => run([...plan, '--offline'], options);
}

function chosenByUs({ choices }) {
  return new Map(choices.map(({ name, version }) => [name, version.version]));
}

/** Version by name, from a Cargo.lock. */
function chosenByCargo(lock) {
  const packages = lock.matchAll(/name = "(plugin\d+)"\nversion = "([^"]+)"/g);
  return new Map([...packages].map(([, name, version]) => [name, version]));
}

/** Whether a choice has everything that it needs, in versions that satisfy. */
function isValid(chosen) {
  const needs = (name) =>
    Object.entries(graph.plugins.get(name).find(({ version }) => version === chosen.get(name)).dependencies);
  return (
    graph.roots.every((name) => chosen.has(name)) &&
    [...chosen.keys()].every((name) =>
      needs(name).every(([needed, range]) => chosen.has(needed) && satisfies(chosen.get(needed), range)),
    )
  );
}
