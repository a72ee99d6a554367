import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** A power that nobody was asked about: the module would reach more than its manifest says. */
export const undeclaredCapability: ScanRule = {
  id: 'undeclared-capability',
  level: 'critical',
  title: 'a module imports what its manifest does not declare, or what no plugin gets',
  fix: 'Declare the capability in [security], or build the module without it.',
  vulnerable: {
    files: { 'plugin.wat': exampleModule('(import "network" "fetch" (func (param i32 i32) (result i64)))') },
  },
  clean: {
    files: { 'plugin.wat': exampleModule('(import "query" "run" (func (param i32 i32) (result i64)))') },
    capabilities: ['query'],
  },
  find: ({ modules, manifest }) => {
    const declared = new Set(manifest.security.capabilities.map(({ id }) => id));
    return modules.flatMap(({ path, found, fault }) => {
      if (found === undefined) return [{ path, message: fault ?? 'The module cannot be read.' }];
      return [...found.capabilities.keys()]
        .filter((id) => !declared.has(id))
        .map((id) => ({ path, message: `The module imports the undeclared capability ${quote(id)}.` }));
    });
  },
};
