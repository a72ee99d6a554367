// Rebuilds the reference registry: node tools/reference/main.mjs ARTIFACTS [ROOT]. See README.md beside this file.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../dist/core/digest.js';
import { PLUGINS } from './catalogue.mjs';
import { keyFiles } from './keys.mjs';
import { releasePlugin } from './releases.mjs';
import { reviewFiles, statusFiles } from './standing.mjs';
import { trustFiles } from './trust.mjs';

/** What this script owns: emptied first, so that nothing outlives its source. The rest people write. */
const GENERATED = [
  'plugins',
  'registry/trust',
  'registry/security/status',
  'registry/security/audits',
  'registry/reviews',
];

const [artifactDirectory, root = fileURLToPath(new URL('../../', import.meta.url))] = process.argv.slice(2);
if (artifactDirectory === undefined) {
  console.error('Usage: node tools/reference/main.mjs ARTIFACTS [ROOT]');
  process.exit(2);
}

const released = [];
for (const plugin of PLUGINS) released.push(await releasePlugin(plugin));
const manifests = new Map(released.flatMap((one) => [...one.manifests]));
const files = [
  ...released.flatMap((one) => one.files),
  ...trustFiles(),
  ...statusFiles(),
  ...reviewFiles(manifests),
  ...keyFiles(),
];
const artifacts = released.flatMap((one) => one.artifacts);

for (const directory of GENERATED) await rm(join(root, directory), { recursive: true, force: true });
for (const [path, bytes] of files) await write(join(root, path), bytes);
for (const bytes of artifacts) {
  const digest = sha256(bytes);
  await write(join(artifactDirectory, digest.slice(0, 2), digest), bytes);
}
console.log(`${PLUGINS.length} plugins, ${manifests.size} releases, ${artifacts.length} artifacts`);

async function write(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}
