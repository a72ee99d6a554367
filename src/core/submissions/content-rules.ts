import type { ChangeRule } from './change-rule.ts';
import { artifactFetch } from './rules/artifact-fetch.ts';
import { builds } from './rules/builds.ts';
import { capabilities } from './rules/capabilities.ts';
import { claims } from './rules/claims.ts';
import { cleanText } from './rules/clean-text.ts';
import { embeddedManifest } from './rules/embedded-manifest.ts';
import { engines } from './rules/engines.ts';
import { entry } from './rules/entry.ts';
import { licence } from './rules/licence.ts';
import { packageDependencies } from './rules/package-dependencies.ts';
import { pluginDependencies } from './rules/plugin-dependencies.ts';
import { provenance } from './rules/provenance.ts';
import { releaseUrl } from './rules/release-url.ts';
import { requiredFiles } from './rules/required-files.ts';
import { securityFindings, securityGate } from './rules/security-findings.ts';
import { versionGrowth } from './rules/version-growth.ts';

/** What is in a release: its manifest against the registry, and its artifacts against the manifest. */
export const CONTENT_RULES: readonly ChangeRule[] = [
  releaseUrl,
  artifactFetch,
  embeddedManifest,
  requiredFiles,
  entry,
  builds,
  versionGrowth,
  engines,
  capabilities,
  pluginDependencies,
  packageDependencies,
  licence,
  cleanText,
  claims,
  securityGate,
  securityFindings,
  provenance,
];
