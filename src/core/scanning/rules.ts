import { computedGlobal } from './rules/computed-global.ts';
import { digestMismatch } from './rules/digest-mismatch.ts';
import { dynamicCode } from './rules/dynamic-code.ts';
import { dynamicImport } from './rules/dynamic-import.ts';
import { embeddedUrl } from './rules/embedded-url.ts';
import { hiddenText } from './rules/hidden-text.ts';
import { highEntropy } from './rules/high-entropy.ts';
import { installScripts } from './rules/install-scripts.ts';
import { largeFiles } from './rules/large-files.ts';
import { licence } from './rules/licence.ts';
import { links } from './rules/links.ts';
import { malware } from './rules/malware.ts';
import { nativeFormat } from './rules/native-format.ts';
import { nativeImports } from './rules/native-imports.ts';
import { nestedArchive } from './rules/nested-archive.ts';
import { nodePower } from './rules/node-power.ts';
import { obfuscation } from './rules/obfuscation.ts';
import { opaqueBinary } from './rules/opaque-binary.ts';
import { packageAdvisoryHigh, packageAdvisoryLow, packageAdvisoryMedium } from './rules/package-advisory.ts';
import { pathEscape } from './rules/path-escape.ts';
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
export const SCAN_RULES_VERSION = 2;

/** What is looked for, in the order in which it is reported: gates first, then by weight. */
export const SCAN_RULES: readonly ScanRule[] = [
  undeclaredCapability,
  digestMismatch,
  malware,
  pathEscape,
  links,
  dynamicCode,
  hiddenText,
  installScripts,
  nativeFormat,
  opaqueBinary,
  packageAdvisoryHigh,
  secrets,
  sqlConcatenation,
  computedGlobal,
  dynamicImport,
  licence,
  nestedArchive,
  nodePower,
  obfuscation,
  packageAdvisoryMedium,
  unreadableScript,
  unusedCapability,
  wasmMemory,
  embeddedUrl,
  highEntropy,
  largeFiles,
  packageAdvisoryLow,
  wasmExports,
  wasmStart,
  nativeImports,
];
