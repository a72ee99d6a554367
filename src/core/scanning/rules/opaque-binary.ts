import type { PluginFile } from '../../authoring/ports.ts';
import type { ScanRule } from '../scan-rule.ts';

/** How programs begin: ELF, PE, and Mach-O in both byte orders and universal; and libraries of Java. */
const MAGICS = ['7f454c46', '4d5a', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'];

/** Whether a file is a program for a processor, of which hardly anything can be read. */
export function isOpaque({ kind, bytes }: PluginFile): boolean {
  if (kind !== 'file') return false;
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return MAGICS.some((magic) => start.startsWith(magic));
}

/** A plugin of the wasm tier has no use for one; one of the native tier may be one, with a score of at most 70. */
export const opaqueBinary: ScanRule = {
  id: 'opaque-binary',
  level: 'high',
  title: 'a plugin of the wasm tier carries a native program',
  fix: 'Leave the program out, or ask for the tier "native".',
  vulnerable: { files: { 'plugin.js': 'export const run = () => 1;', helper: '\u007fELF\u0002\u0001' } },
  clean: { files: { helper: '\u007fELF\u0002\u0001' }, tier: 'native' },
  find: ({ manifest, files }) =>
    manifest.security.tier !== 'wasm'
      ? []
      : files
          .filter(isOpaque)
          .map(({ path }) => ({ path, message: 'The file is a program for a processor.' })),
};
