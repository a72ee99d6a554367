import { LIMITS } from '../../limits.ts';
import { memoryCap, WASM_PAGE } from '../../runtime/wasm-limits.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** What begins above its limits cannot be started; what begins near them has no room to work. */
export const wasmMemory: ScanRule = {
  id: 'wasm-memory',
  level: 'medium',
  title:
    'a module begins with more than half of the memory that its manifest states, or of the table that it may have',
  fix: 'Lower the initial size, or state the memory that the plugin needs.',
  vulnerable: { files: { 'plugin.wat': exampleModule('', '600') } },
  clean: { files: { 'plugin.wat': exampleModule('(table 8 funcref)', '2') } },
  find: ({ modules, manifest }) => {
    const cap = memoryCap(manifest.performance.maxMemoryMb);
    return modules.flatMap(({ path, module }): ScanMatch[] => {
      const bytes = (module?.memory?.initial ?? 0) * WASM_PAGE;
      const elements = Math.max(0, ...(module?.tables ?? []).map(({ initial }) => initial));
      return [
        ...(bytes * 2 > cap
          ? [{ path, message: `The module begins with ${bytes} of ${cap} bytes of memory.` }]
          : []),
        ...(elements * 2 > LIMITS.wasmTableElements
          ? [{ path, message: `A table begins with ${elements} of ${LIMITS.wasmTableElements} elements.` }]
          : []),
      ];
    });
  },
};
