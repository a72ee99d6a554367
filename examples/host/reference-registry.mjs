import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveDirectory } from '../../dist/testkit/index.js';
import { packRelease } from '../../tools/reference/artifacts.mjs';
import { PLUGINS } from '../../tools/reference/catalogue.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * Publishes the reference registry of this repository on loopback, signed with its demonstration key: what a
 * registry's CI does, in three commands. Of the artifacts, which are not committed, only the newest of `plugins` are
 * packed. Returns the registry's `url`, the digest of its `root`, and `close`.
 */
export async function publishReferenceRegistry(directory, plugins) {
  const [source, built, pages] = ['source', 'built', 'pages'].map((name) => join(directory, name));
  const env = { ...process.env, SHEAF_HOME: join(directory, 'operator') };
  const sheaf = (...args) => run(process.execPath, [join(ROOT, 'dist/bin/sheaf.js'), ...args], { env });
  for (const part of ['registry', 'plugins']) {
    await cp(join(ROOT, part), join(source, part), { recursive: true });
  }
  await sheaf('index', 'build', source, '--out', built);
  await sheaf('index', 'sign', built, '--key', join(ROOT, 'examples/keys/ci'));
  await sheaf('index', 'publish', built, '--to', pages);
  for (const plugin of PLUGINS.filter(({ name }) => plugins.includes(name))) {
    const newest = Object.keys(plugin.releases).at(-1);
    for (const { bytes } of await packRelease(plugin, newest)) await writeObject(join(pages, 'o'), bytes);
  }
  const server = await serveDirectory(pages);
  const root = sha256(await readFile(join(ROOT, 'registry/trust/root/1.signers')));
  return { url: server.url, root: `sha256:${root}`, close: () => server.close() };
}

async function writeObject(directory, bytes) {
  const digest = sha256(bytes);
  const file = join(directory, digest.slice(0, 2), digest);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
