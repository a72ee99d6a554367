import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { formatDuration, parseDuration } from '../instant.ts';
import { validate as validatePolicy } from '../validators/policy-automerge.generated.js';
import type { Tier } from './manifest.ts';

/** Which release pull requests machines may merge: `registry/policy/automerge.toml`. */
export interface MergePolicy {
  readonly enabled: boolean;
  /** Milliseconds that a green pull request waits before it is merged. */
  readonly delay: number;
  /** Milliseconds without objection after which a new wasm plugin is merged; absent: it needs an approval. */
  readonly newPluginsAfter?: number;
  /** The highest severity of a scan finding that still merges. */
  readonly maxSeverity: 'none' | 'info' | 'low' | 'medium';
  readonly tiers: readonly Tier[];
}

/** The file as `schemas/policy-automerge.schema.json` accepts it. */
interface MergePolicyToml {
  readonly automerge: {
    readonly enabled: boolean;
    readonly delay?: string;
    readonly new_plugins_after?: string;
    readonly max_severity?: MergePolicy['maxSeverity'];
    readonly tiers?: readonly Tier[];
  };
}

/** Reads an `automerge.toml`. What it leaves out is strict: no delay, findings up to low, the wasm tier only. */
export function readMergePolicy(bytes: Uint8Array, file: string): Reading<MergePolicy> {
  return readDocument(parseToml(bytes, file), validatePolicy, (document) => {
    const { automerge } = document.value as unknown as MergePolicyToml;
    const { delay, new_plugins_after: newPluginsAfter } = automerge;
    return defined({
      enabled: automerge.enabled,
      delay: delay === undefined ? 0 : (parseDuration(delay) ?? 0),
      newPluginsAfter: newPluginsAfter === undefined ? undefined : parseDuration(newPluginsAfter),
      maxSeverity: automerge.max_severity ?? 'low',
      tiers: automerge.tiers ?? ['wasm'],
    });
  });
}

/** Writes a merge policy as {@link readMergePolicy} reads it. */
export function writeMergePolicy(policy: MergePolicy): Uint8Array {
  return writeToml({
    automerge: {
      enabled: policy.enabled,
      delay: formatDuration(policy.delay),
      new_plugins_after:
        policy.newPluginsAfter === undefined ? undefined : formatDuration(policy.newPluginsAfter),
      max_severity: policy.maxSeverity,
      tiers: policy.tiers,
    },
  });
}
