import type { Clock, NamedFiles } from '../core/ports.ts';
import type { SourceTree } from '../core/publishing-ports.ts';
import { createSourceTree } from '../io/git/source-tree.ts';
import { createSigningPorts } from './signing.ts';

/** The ports of operations that judge what a registry repository says of its plugins, and write into it. */
export interface StandingPorts {
  readonly source: SourceTree;
  readonly facts: SourceTree | undefined;
  readonly files: NamedFiles;
  readonly clock: Clock;
}

/**
 * Wires them.
 *
 * @param facts directory of what workflows recorded, when they keep it apart.
 */
export function openStandingPorts(
  registry: string,
  facts: string | undefined,
  {
    environment,
    signal,
  }: { readonly environment: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): StandingPorts {
  const { files, clock } = createSigningPorts({ mayAsk: false, signal });
  return {
    source: createSourceTree(registry, environment),
    facts: facts === undefined ? undefined : createSourceTree(facts, environment),
    files,
    clock,
  };
}
