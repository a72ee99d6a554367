// What belief costs: the signatures and digests of one release, of an unchanged registry, and of 10,000 manifests.
import { createPublicKey, randomBytes, sign as signBare, verify as verifyBare } from 'node:crypto';
import { sha256 } from '../dist/core/digest.js';
import { checkpointPath, writeCheckpoint, writeLatest } from '../dist/core/index/checkpoint.js';
import { parseSourcePath, sourcePath } from '../dist/core/index/source-layout.js';
import { readSigners } from '../dist/core/signatures/signers.js';
import { sign } from '../dist/core/signatures/sshsig.js';
import { acceptOwnerChain, signedByOwner } from '../dist/core/trust/owner-chain.js';
import { buildIndexFromSource } from '../dist/ops/index/index-build.js';
import { registryAdd } from '../dist/ops/registries/registry-add.js';
import { sync } from '../dist/ops/registries/sync.js';
import { generateRegistry, memoryPorts, memorySource, memoryTree } from '../dist/testkit/index.js';
import { pluginsAsked, printTable } from './harness.mjs';

const plugins = pluginsAsked(3_000);
const ARTIFACT_BYTES = 1_000_000;
const DAY = 86_400_000;

const now = Math.floor(Date.now() / 1000) * 1000;
const registry = generateRegistry({ plugins, now });
console.log(`Generating a registry of ${plugins} plugins…`);
const files = new Map(registry.source());
const root = readSigners(files.get(sourcePath({ kind: 'root', version: 1 })), 'root').value;
const chains = new Map(registry.shape.owners.map((owner) => [owner, chainOf(owner)]));
const releases = [...files].flatMap(([path, bytes]) => {
  const file = parseSourcePath(path);
  if (file?.kind !== 'release') return [];
  return [{ path, bytes, signature: files.get(`${path}.sig`), plugin: file.plugin }];
});
const owners = new Map(registry.names.map((name, position) => [name, registry.shape.plugin(position).owner]));

measureRelease();
await measureSync();
measureManifests();

/** One release as an install verifies it, beside the hashing of the same bytes that nobody can save. */
function measureRelease() {
  const artifact = randomBytes(ARTIFACT_BYTES);
  const digest = sha256(artifact);
  const [release] = releases;
  const hash = () => [sha256(release.bytes), sha256(artifact)];
  const verify = () => {
    verifyManifest(release);
    if (sha256(release.bytes) === '' || sha256(artifact) !== digest)
      throw new Error('It has another digest.');
  };
  const times = alternately(500, { hash, verify });
  const beyond = times.verify.map((time, round) => time - times.hash[round]);
  printTable('One release with an artifact of 1 MB', [
    { '': 'SHA-256 of manifest and artifact', ...spread(times.hash) },
    {
      '': 'signature of the manifest, and both digests',
      ...spread(times.verify),
      ratio: ratio(times.verify, times.hash),
    },
    { '': 'beyond hashing (target: 1 ms)', ...spread(beyond) },
  ]);
}

/** A sync that finds nothing new, over a source in memory: reading, signatures and rules are all that is left. */
async function measureSync() {
  const published = new Map();
  const build = await buildIndexFromSource({ source: memoryTree(files) }, { issued: now, life: 7 * DAY });
  for await (const { path, bytes } of build.files()) published.set(path, bytes);
  const checkpoint = writeCheckpoint(build.checkpoint);
  const path = checkpointPath(build.checkpoint);
  published.set(path, checkpoint);
  published.set(`${path}.sig`, sign(registry.checkpointKey, 'checkpoint@sheaf', checkpoint));
  published.set('latest', writeLatest(build.checkpoint));
  const ports = memoryPorts(now, () => memorySource(published));
  await registryAdd(ports, { url: 'memory', root: registry.rootId, yes: false });
  const pair = bareSignature(checkpoint);
  const times = { bare: [], sync: [] };
  for (let round = -20; round < 300; round++) {
    const bare = timed(() => verifyBare(null, checkpoint, pair.key, pair.signature));
    const began = performance.now();
    await sync(ports, { aliases: [], full: false });
    if (round < 0) continue;
    times.bare.push(bare);
    times.sync.push(performance.now() - began);
  }
  printTable(`An unchanged registry of ${plugins} plugins, in process`, [
    { '': 'one bare verification by node:crypto', ...spread(times.bare) },
    { '': 'sheaf sync (target: 5 ms)', ...spread(times.sync), ratio: ratio(times.sync, times.bare) },
  ]);
}

/** Every manifest of the registry, as `index verify` does it; per 10,000. */
function measureManifests() {
  const pairs = new Map(releases.slice(0, 50).map((release) => [release, bareSignature(release.bytes)]));
  const bare = timed(() => {
    for (const [{ bytes }, { key, signature }] of pairs) verifyBare(null, bytes, key, signature);
  });
  const verified = timed(() => {
    for (const release of releases) verifyManifest(release);
  });
  const [perBare, perManifest] = [(bare / pairs.size) * 10_000, (verified / releases.length) * 10_000];
  printTable(`10,000 manifests (measured with ${releases.length})`, [
    { '': 'bare verifications by node:crypto', seconds: (perBare / 1000).toFixed(2) },
    {
      '': 'manifests against the keys of their owners (target: 5 s)',
      seconds: (perManifest / 1000).toFixed(2),
      ratio: (perManifest / perBare).toFixed(2),
    },
  ]);
}

function verifyManifest({ path, bytes, signature, plugin }) {
  signedByOwner(chains.get(owners.get(plugin)), bytes, signature, path);
}

function chainOf(owner) {
  const prefix = sourcePath({ kind: 'owner-signers', owner, version: 1 }).slice(0, -'1.signers'.length);
  const texts = ['1.signers', `1.signers.${owner}.sig`].map((name) => [name, files.get(prefix + name)]);
  const decoder = new TextDecoder();
  const record = {
    owner,
    files: Object.fromEntries(texts.map(([name, bytes]) => [name, decoder.decode(bytes)])),
  };
  return acceptOwnerChain(record, root, undefined);
}

/** A signature without any format around it: the least that any verification costs. */
function bareSignature(message) {
  const { seed, publicKey } = registry.checkpointKey;
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const x = Buffer.from(publicKey.point).toString('base64url');
  return {
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    signature: signBare(null, message, { key: pkcs8, format: 'der', type: 'pkcs8' }),
  };
}

/** Runs the subjects in turn, so that what disturbs the machine disturbs all of them; some rounds only warm up. */
function alternately(rounds, subjects) {
  const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
  for (let round = -50; round < rounds; round++) {
    for (const [name, work] of Object.entries(subjects)) {
      const time = timed(work);
      if (round >= 0) times[name].push(time);
    }
  }
  return times;
}

function timed(work) {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function spread(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(3);
  return { 'p50 ms': at(0.5), 'p95 ms': at(0.95), 'p99 ms': at(0.99) };
}

function ratio(times, peer) {
  const ratios = times.map((time, round) => time / peer[round]).toSorted((a, b) => a - b);
  return ratios[ratios.length >> 1].toFixed(2);
}
