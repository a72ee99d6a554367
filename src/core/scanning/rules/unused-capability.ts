import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** Powers that are kept in reserve: an update could use them without anybody being asked again. */
export const unusedCapability: ScanRule = {
  id: 'unused-capability',
  level: 'medium',
  title: 'the manifest declares a capability that no module imports',
  fix: 'Remove it from [security] capabilities until it is needed.',
  vulnerable: { files: { 'plugin.wat': exampleModule() }, capabilities: ['query'] },
  clean: { files: { 'plugin.wat': exampleModule() } },
  find: ({ modules, manifest }) => {
    if (modules.length === 0) return [];
    return manifest.security.capabilities
      .filter(({ id }) => !modules.some(({ found }) => found?.capabilities.has(id) === true))
      .map(({ id }) => ({
        path: AUTHOR_MANIFEST,
        message: `The capability ${quote(id)} is declared and not used.`,
      }));
  },
};
