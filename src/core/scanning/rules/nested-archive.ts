import type { ScanRule } from '../scan-rule.ts';

/** How packed files begin: ZIP, gzip, bzip2, xz, Zstandard, 7-Zip, RAR. */
const MAGICS = ['504b0304', '1f8b', '425a68', 'fd377a585a', '28b52ffd', '377abcaf', '52617221'];
/** Where a tar archive says what it is (POSIX.1-2017, "ustar Interchange Format"). */
const USTAR = { at: 257, magic: '7573746172' };

/** Nothing in it was looked at. */
export const nestedArchive: ScanRule = {
  id: 'nested-archive',
  level: 'medium',
  title: 'a file is an archive or packed, so that its contents were not scanned',
  fix: 'Put the files themselves into the plugin; its artifact is packed as a whole.',
  vulnerable: { files: { 'data.bin': 'PK\u0003\u0004\u0014' } },
  clean: { files: { 'data.txt': 'Packed with PK.' } },
  find: ({ files }) =>
    files
      .filter(({ bytes }) => MAGICS.some((magic) => hasBytes(bytes, 0, magic)) || isTar(bytes))
      .map(({ path }) => ({ path, message: 'The file is an archive, or packed.' })),
};

function isTar(bytes: Uint8Array): boolean {
  return hasBytes(bytes, USTAR.at, USTAR.magic);
}

function hasBytes(bytes: Uint8Array, at: number, hex: string): boolean {
  return Buffer.from(bytes.subarray(at, at + hex.length / 2)).toString('hex') === hex;
}
