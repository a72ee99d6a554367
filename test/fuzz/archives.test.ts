import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customSection, isWasmModule } from '../../src/core/archives/wasm-section.ts';
import type { Sha256 } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { unpackArtifact } from '../../src/io/archives/archive.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../src/testkit/index.ts';
import { damaged, FUZZ_TIMEOUT, fuzzing, refusesAtMost } from '../support/fuzzing.ts';
import { paxHeader, tgz } from '../support/raw-tar.ts';
import { rawZip } from '../support/raw-zip.ts';

/** Archives and modules, damaged: refused before a file is written, or unpacked below their directory. */

let home: TemporaryDirectory;
beforeAll(async () => {
  home = await temporaryDirectory();
});
afterAll(() => home.remove());

/** Unpacks bytes into a directory of its own, and looks at all that is there afterwards. */
async function unpack(bytes: Uint8Array, kind: 'tar.gz' | 'zip'): Promise<void> {
  const path = join(home.path, `release.${kind}`);
  const destination = join(home.path, 'unpacked');
  await writeFile(path, bytes);
  let refused: unknown;
  try {
    await unpackArtifact({
      plugin: pluginName('graph-lens'),
      artifact: {
        kind: 'archive',
        platform: 'any',
        url: `https://plugins.example/graph-lens.${kind}`,
        sha256: '0'.repeat(64) as Sha256,
      },
      path,
      destination,
    });
  } catch (error) {
    if (!(error instanceof SheafError) || error.code === 'SHEAF_INTERNAL') throw error;
    refused = error;
  }
  const left = (await readdir(home.path)).toSorted();
  expect(left).toEqual(refused === undefined ? [`release.${kind}`, 'unpacked'] : [`release.${kind}`]);
  await rm(destination, { recursive: true, force: true });
  await rm(path);
}

const entries = [
  { name: 'bin/', type: '5' },
  { name: 'bin/lens', body: 'x'.repeat(600), mode: 0o755 },
  paxHeader({ path: 'read\u00e9me.txt' }),
  { name: 'readme.txt', body: 'hello' },
];
const TAR = gunzipSync(tgz(...entries));
const ZIP = rawZip([
  { name: 'a.txt', body: 'hello hello hello' },
  { name: 'd/b', body: 'there', method: 0 },
]);

const module = (...sections: (readonly [number, Uint8Array])[]): Uint8Array =>
  Buffer.concat([
    Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ...sections.map(([id, body]) => Buffer.concat([Buffer.from([id, body.length]), body])),
  ]);
const NAME = 'sheaf.plugin.toml';
const WASM = module(
  [1, Buffer.from([1, 0x60, 0, 0])],
  [0, Buffer.from(`${String.fromCharCode(NAME.length)}${NAME}a = 1`)],
);

describe('damaged in any way,', () => {
  it(
    'a tar archive inside intact compression is unpacked below its directory, or refused and nothing is left',
    () =>
      expect(
        fc.assert(
          fc.asyncProperty(damaged([TAR]), (bytes) => unpack(gzipSync(bytes, { level: 1 }), 'tar.gz')),
          fuzzing(120),
        ),
      ).resolves.toBeUndefined(),
    FUZZ_TIMEOUT,
  );

  it(
    'a compressed tar archive is unpacked below its directory, or refused and nothing is left',
    () =>
      expect(
        fc.assert(
          fc.asyncProperty(damaged([gzipSync(TAR)]), (bytes) => unpack(bytes, 'tar.gz')),
          fuzzing(80),
        ),
      ).resolves.toBeUndefined(),
    FUZZ_TIMEOUT,
  );

  it(
    'a zip archive is unpacked below its directory, or refused and nothing is left',
    () =>
      expect(
        fc.assert(
          fc.asyncProperty(damaged([ZIP]), (bytes) => unpack(bytes, 'zip')),
          fuzzing(120),
        ),
      ).resolves.toBeUndefined(),
    FUZZ_TIMEOUT,
  );

  it(
    'a WebAssembly module is stepped through or refused',
    () => {
      expect(() =>
        fc.assert(
          fc.property(damaged([WASM]), (bytes) =>
            refusesAtMost(() => (isWasmModule(bytes) ? customSection(bytes, NAME, 'it') : undefined)),
          ),
          fuzzing(500),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});
