import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import type { ScanRule } from '../scan-rule.ts';

const MODULE_BYTES = 4_194_304;
const TOTAL_BYTES = 33_554_432;

/** What nobody will read, and everybody has to download. */
export const largeFiles: ScanRule = {
  id: 'large-files',
  level: 'low',
  title: 'a module is larger than 4 MiB, or the plugin larger than 32 MiB',
  fix: 'Leave out what is not needed, and build for size.',
  vulnerable: { files: { 'data.bin': ' '.repeat(TOTAL_BYTES + 1) } },
  clean: { files: { 'data.bin': ' '.repeat(1_000) } },
  find: ({ files, modules }) => {
    const total = files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    return [
      ...modules
        .filter(({ bytes }) => bytes.byteLength > MODULE_BYTES)
        .map(({ path, bytes }) => ({ path, message: `The module has ${bytes.byteLength} bytes.` })),
      ...(total > TOTAL_BYTES ? [{ path: AUTHOR_MANIFEST, message: `The files have ${total} bytes.` }] : []),
    ];
  },
};
