import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { validate as validatePolicy } from '../validators/policy-capabilities.generated.js';
import type { Tier } from './manifest.ts';

/** The capabilities that hosts of a registry offer, by id: `registry/policy/capabilities.toml`. */
export type CapabilityPolicy = Readonly<Record<string, CapabilityRule>>;

/** One capability, for the person who grants it. */
export interface CapabilityRule {
  readonly description: string;
  readonly risk: 'low' | 'medium' | 'high';
  /** Tiers that may have it. */
  readonly tiers: readonly Tier[];
}

const ALL_TIERS: readonly Tier[] = ['wasm', 'native', 'core'];

/** Reads a `capabilities.toml`. */
export function readCapabilityPolicy(bytes: Uint8Array, file: string): Reading<CapabilityPolicy> {
  return readDocument(parseToml(bytes, file), validatePolicy, (document) => {
    const { capability = {} } = document.value as unknown as {
      readonly capability?: Readonly<Record<string, Omit<CapabilityRule, 'tiers'> & Partial<CapabilityRule>>>;
    };
    return Object.fromEntries(
      Object.entries(capability).map(([id, { description, risk, tiers = ALL_TIERS }]) => [
        id,
        { description, risk, tiers },
      ]),
    );
  });
}

/** Writes a capability policy as {@link readCapabilityPolicy} reads it. */
export function writeCapabilityPolicy(policy: CapabilityPolicy): Uint8Array {
  return writeToml({
    capability: Object.fromEntries(
      Object.entries(sorted(policy)).map(([id, { description, risk, tiers }]) => [
        id,
        { description, risk, tiers },
      ]),
    ),
  });
}
