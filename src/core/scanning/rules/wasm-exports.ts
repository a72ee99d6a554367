import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** A command that the manifest does not mention is one that nobody reviews. */
export const wasmExports: ScanRule = {
  id: 'wasm-exports',
  level: 'low',
  title: 'a module exports a command that its manifest does not provide',
  fix: 'Name it under [provides] commands, or do not export it.',
  vulnerable: {
    files: {
      'plugin.wat': exampleModule('(func (export "backdoor") (param i32 i32) (result i64) (i64.const 0))'),
    },
  },
  clean: { files: { 'plugin.wat': exampleModule() } },
  find: ({ modules, manifest }) => {
    const provided = manifest.provides.commands;
    if (provided.length === 0) return [];
    return modules.flatMap(({ path, found }) =>
      (found?.commands ?? [])
        .filter((command) => !provided.includes(command))
        .map((command) => ({ path, message: `The module exports the command ${quote(command)}.` })),
    );
  },
};
