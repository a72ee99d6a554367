import type { ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** Code that runs before any command is called is seldom needed, and easily overlooked. */
export const wasmStart: ScanRule = {
  id: 'wasm-start',
  level: 'low',
  title: 'a module has a start function',
  fix: 'Do the work in init or in a command.',
  vulnerable: { files: { 'plugin.wat': exampleModule('(func $start) (start $start)') } },
  clean: { files: { 'plugin.wat': exampleModule() } },
  find: ({ modules }) =>
    modules
      .filter(({ module }) => module?.hasStart === true)
      .map(({ path }) => ({ path, message: 'The module runs code as soon as it is instantiated.' })),
};
