import { refOf, sha256 } from '../../dist/core/digest.js';
import { valueOf } from '../../dist/core/finding.js';
import { writeAuditFile } from '../../dist/core/formats/audit-file.js';
import { readManifest, writeManifest } from '../../dist/core/formats/manifest.js';
import { writePluginFile } from '../../dist/core/formats/plugin-file.js';
import { sourcePath } from '../../dist/core/index/source-layout.js';
import { parseInstant } from '../../dist/core/instant.js';
import { sign } from '../../dist/core/signatures/sshsig.js';
import { authorManifest, packRelease } from './artifacts.mjs';
import { ARTIFACT_HOST, REGISTRY } from './catalogue.mjs';
import { demoKey } from './keys.mjs';

/**
 * Everything a plugin adds to the registry: `files` as [path, bytes], the bytes of its `artifacts`, and its
 * release `manifests` by `name@version`.
 */
export async function releasePlugin(plugin) {
  const { name, owner } = plugin;
  const key = demoKey(owner);
  const files = [];
  const artifacts = [];
  const manifests = new Map();
  let category;

  for (const [version, published] of Object.entries(plugin.releases)) {
    const packed = await packRelease(plugin, version);
    const author = valueOf(
      readManifest(authorManifest(name, version), `${name}/${version}/sheaf.plugin.toml`),
    );
    if (author.name !== name || author.version !== version) {
      throw new Error(`${name} ${version} is ${author.name} ${author.version} in its own manifest.`);
    }
    category = author.category;
    const release = {
      ...author,
      registry: REGISTRY,
      artifacts: packed.map((one) => describe(name, version, one)),
    };
    const manifest = writeManifest(release);
    manifests.set(`${name}@${version}`, manifest);
    artifacts.push(...packed.map(({ bytes }) => bytes));
    files.push(
      [sourcePath({ kind: 'release', category, plugin: name, version }), manifest],
      [
        sourcePath({ kind: 'release-signature', category, plugin: name, version }),
        sign(key, 'release@sheaf', manifest),
      ],
      [sourcePath({ kind: 'audit', plugin: name, version }), auditFile(name, version, manifest, published)],
    );
  }

  const about = pluginFile(plugin);
  files.push(
    [sourcePath({ kind: 'plugin', category, plugin: name }), about],
    [sourcePath({ kind: 'plugin-signature', category, plugin: name }), sign(key, 'release@sheaf', about)],
  );
  return { files, artifacts, manifests };
}

function describe(name, version, { file, kind, platform, entry, bytes }) {
  const url = `${ARTIFACT_HOST}${name}/${version}/${file}`;
  return { kind, platform, url, ...refOf(bytes), ...(entry === undefined ? {} : { entry }) };
}

function pluginFile({ name, owner, revision = 1, deprecated, yanked = {}, deprecatedVersions = {} }) {
  return writePluginFile({
    registry: REGISTRY,
    name,
    revision,
    owner,
    keywords: [],
    ...(deprecated === undefined ? {} : { deprecated }),
    repositories: [],
    yanked,
    deprecatedVersions,
  });
}

/** The one fact that is known of an example: when it was merged. Nobody scanned, measured or downloaded it. */
function auditFile(name, version, manifest, published) {
  return writeAuditFile({
    registry: REGISTRY,
    plugin: name,
    version,
    manifest: sha256(manifest),
    published: parseInstant(published),
    compatibility: [],
    waivers: [],
  });
}
