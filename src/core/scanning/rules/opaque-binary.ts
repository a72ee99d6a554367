import type { ScanRule } from '../scan-rule.ts';

/** A plugin of the wasm tier has no use for one; one of the native tier may be one, with a score of at most 70. */
export const opaqueBinary: ScanRule = {
  id: 'opaque-binary',
  level: 'high',
  title: 'a plugin of the wasm tier carries a native program',
  fix: 'Leave the program out, or ask for the tier "native".',
  vulnerable: { files: { 'plugin.js': 'export const run = () => 1;', helper: '\u007fELF\u0002\u0001' } },
  clean: { files: { helper: '\u007fELF\u0002\u0001' }, tier: 'native' },
  find: ({ manifest, programs }) =>
    manifest.security.tier !== 'wasm'
      ? []
      : programs.map(({ path, format }) => ({ path, message: `The file is a program (${format}).` })),
};
