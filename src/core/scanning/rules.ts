import { computedGlobal } from './rules/computed-global.ts';
import { dynamicCode } from './rules/dynamic-code.ts';
import { dynamicImport } from './rules/dynamic-import.ts';
import { embeddedUrl } from './rules/embedded-url.ts';
import { hiddenText } from './rules/hidden-text.ts';
import { highEntropy } from './rules/high-entropy.ts';
import { installScripts } from './rules/install-scripts.ts';
import { largeFiles } from './rules/large-files.ts';
import { licence } from './rules/licence.ts';
import { links } from './rules/links.ts';
import { nodePower } from './rules/node-power.ts';
import { obfuscation } from './rules/obfuscation.ts';
import { opaqueBinary } from './rules/opaque-binary.ts';
import { secrets } from './rules/secrets.ts';
import { sqlConcatenation } from './rules/sql-concatenation.ts';
import { undeclaredCapability } from './rules/undeclared-capability.ts';
import { unreadableScript } from './rules/unreadable-script.ts';
import { unusedCapability } from './rules/unused-capability.ts';
import { wasmExports } from './rules/wasm-exports.ts';
import { wasmMemory } from './rules/wasm-memory.ts';
import { wasmStart } from './rules/wasm-start.ts';
import type { ScanRule } from './scan-rule.ts';

/** Grows whenever a rule comes, goes, or finds something else. */
export const SCAN_RULES_VERSION = 1;

/** What is looked for, in the order in which it is reported: gates first, then by weight. */
export const SCAN_RULES: readonly ScanRule[] = [
  undeclaredCapability,
  links,
  dynamicCode,
  hiddenText,
  installScripts,
  opaqueBinary,
  secrets,
  sqlConcatenation,
  computedGlobal,
  dynamicImport,
  licence,
  nodePower,
  obfuscation,
  unreadableScript,
  unusedCapability,
  wasmMemory,
  embeddedUrl,
  highEntropy,
  largeFiles,
  wasmExports,
  wasmStart,
];
