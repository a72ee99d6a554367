import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { SheafError } from '../../errors.ts';
import { readInterface, requireCommands } from '../../runtime/wasm-abi.ts';
import { judgeCapabilities } from '../../runtime/wasm-capabilities.ts';
import { limitWasm, memoryCap } from '../../runtime/wasm-limits.ts';
import { readWasmModule } from '../../runtime/wasm-module.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** The built module does what its manifest says, and asks for exactly the capabilities that it declares. */
export const entry: CheckRule = {
  id: 'entry',
  title: 'the built module exports and imports what the manifest says',
  check({ manifest, entry: built }) {
    if (built === undefined) {
      return [
        {
          severity: 'error',
          path: AUTHOR_MANIFEST,
          message: 'The plugin has not been built.',
          fix: 'Run: sheaf build',
        },
      ];
    }
    if (!built.path.endsWith('.wasm')) return [];
    try {
      const what = 'The module';
      const module = readWasmModule(built.bytes, what);
      const found = readInterface(module, what);
      const faults = judgeCapabilities(found, manifest.security.capabilities, { file: AUTHOR_MANIFEST });
      requireCommands(found, manifest.provides.commands, what);
      limitWasm(built.bytes, module, memoryCap(manifest.performance.maxMemoryMb), what);
      return faults.map(
        ({ severity, message, fix = '' }): CheckFault => ({ severity, path: AUTHOR_MANIFEST, message, fix }),
      );
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      return [
        { severity: 'error', path: built.path, message: error.message, fix: error.hint ?? 'Build it again.' },
      ];
    }
  },
};
