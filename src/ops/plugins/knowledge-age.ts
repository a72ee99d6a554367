import type { CheckpointId } from '../../core/index/checkpoint.ts';
import { formatInstant, type Instant } from '../../core/instant.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';

/** How old it is what this machine knows of a registry. */
export interface KnowledgeAge {
  /** Id of the registry. */
  readonly registry: string;
  readonly checkpoint: CheckpointId;
  /** When it was signed, RFC 3339. */
  readonly issued: string;
  /** Milliseconds since then; 0 where the clock of this machine is behind. */
  readonly age: number;
  readonly expired: boolean;
}

/** The age of what is known of an open registry. */
export function ageOf({ id, checkpoint, stale }: OpenRegistry, now: Instant): KnowledgeAge {
  const { epoch, version, value } = checkpoint;
  return {
    registry: id,
    checkpoint: { epoch, version },
    issued: formatInstant(value.issued),
    age: Math.max(0, now - value.issued),
    expired: stale,
  };
}
