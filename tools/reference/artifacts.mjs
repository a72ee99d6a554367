import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packArchive } from '../../dist/core/archives/pack-archive.js';
import { NATIVE_PLATFORMS } from './catalogue.mjs';
import { compilePlugin } from './compile.mjs';

const EXAMPLES = fileURLToPath(new URL('../../examples/plugins/', import.meta.url));

/** Where the source of a release is, below `examples/plugins`: the newest in the plugin's own folder. */
export function releaseDirectory(name, version) {
  const history = `${name}/history/${version}`;
  return existsSync(join(EXAMPLES, history)) ? history : name;
}

/** The author's manifest of a release. */
export function authorManifest(name, version) {
  return readFileSync(join(EXAMPLES, releaseDirectory(name, version), 'sheaf.plugin.toml'));
}

/**
 * The artifacts of a release: `{file, kind, platform, entry?, bytes}` each. Archives carry the author's manifest
 * as a file, a bare wasm module carries it as the custom section `sheaf.plugin.toml`.
 */
export async function packRelease({ name, packed }, version) {
  const directory = releaseDirectory(name, version);
  const manifest = authorManifest(name, version);
  if (packed === 'platforms') {
    return NATIVE_PLATFORMS.map((platform) => packNative(name, version, platform));
  }
  if (packed === 'script') return [packScript(name, version)];
  const wasm = await wasmOf(name, directory);
  if (packed === 'wasm') {
    const bytes = Buffer.concat([wasm, customSection('sheaf.plugin.toml', manifest)]);
    return [{ file: `${name}-${version}.wasm`, kind: 'wasm', platform: 'any', bytes }];
  }
  const files = [...commonFiles(name, version), { path: 'plugin.wasm', bytes: wasm }];
  const file = `${name}-${version}.tar.gz`;
  return [{ file, kind: 'archive', platform: 'any', entry: 'plugin.wasm', bytes: packArchive(files, file) }];
}

/** AssemblyScript is compiled here, by its npm package; what clang made of C lies beside its source. */
async function wasmOf(name, directory) {
  const folder = join(EXAMPLES, directory);
  if (existsSync(join(folder, `${name}.c`))) return readFileSync(join(folder, 'plugin.wasm'));
  return compilePlugin(`${directory}/${name}.ts`);
}

/** An archive of the scripts at the top of a plugin's folder, one of which has the plugin's name. */
function packScript(name, version) {
  const directory = join(EXAMPLES, releaseDirectory(name, version));
  const scripts = readdirSync(directory).filter((file) => /\.m?js$/.test(file));
  const entry = scripts.find((file) => file.replace(/\.m?js$/, '') === name);
  const files = [
    ...commonFiles(name, version),
    ...scripts.map((path) => ({ path, bytes: readFileSync(join(directory, path)) })),
  ];
  const file = `${name}-${version}.tar.gz`;
  return { file, kind: 'archive', platform: 'any', entry, bytes: packArchive(files, file) };
}

/** One platform's archive of a Node program: launchers that this platform starts, and a line that names it. */
function packNative(name, version, platform) {
  const directory = join(EXAMPLES, releaseDirectory(name, version));
  const launchers = readdirSync(join(directory, 'bin')).filter(
    (file) => file.endsWith('.cmd') === platform.startsWith('win32-'),
  );
  const entry = `${name}.mjs`;
  const files = [
    ...commonFiles(name, version),
    { path: 'BUILD', bytes: Buffer.from(`${name} ${version} for ${platform}\n`) },
    { path: entry, bytes: readFileSync(join(directory, entry)) },
    ...launchers.map((file) => ({
      path: `bin/${file}`,
      bytes: readFileSync(join(directory, 'bin', file)),
    })),
  ];
  const file = `${name}-${version}-${platform}.tar.gz`;
  return { file, kind: 'archive', platform, entry, bytes: packArchive(files, file) };
}

function commonFiles(name, version) {
  const texts = ['LICENSE', 'README.md'].map((path) => ({
    path,
    bytes: readFileSync(join(EXAMPLES, name, path)),
  }));
  const changelog = join(EXAMPLES, releaseDirectory(name, version), 'CHANGELOG.md');
  const changes = existsSync(changelog) ? [{ path: 'CHANGELOG.md', bytes: readFileSync(changelog) }] : [];
  return [...changes, ...texts, { path: 'sheaf.plugin.toml', bytes: authorManifest(name, version) }];
}

/** A custom section of a wasm module (WebAssembly 2.0 §5.5.3): id 0, size, name, contents. */
function customSection(name, contents) {
  const body = Buffer.concat([leb128(name.length), Buffer.from(name), contents]);
  return Buffer.concat([Buffer.of(0), leb128(body.length), body]);
}

/** An unsigned number in LEB128, as wasm writes sizes. */
function leb128(number) {
  const bytes = [];
  do {
    bytes.push((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
    number >>>= 7;
  } while (number > 0);
  return Buffer.from(bytes);
}
