import type { Clock, NamedFiles } from '../core/ports.ts';
import type { ReadableTree, SshKeygen } from '../core/publishing-ports.ts';
import { createWorkTree } from '../io/git/source-tree.ts';
import { createSigningPorts } from './signing.ts';

/** The ports of operations that write files into a checkout of a registry repository. */
export interface CheckoutAndSigningPorts {
  readonly tree: ReadableTree;
  readonly files: NamedFiles;
  readonly sshKeygen: SshKeygen;
  readonly clock: Clock;
}

/** Wires them for the checkout in a directory; its files are read as they lie there, committed or not. */
export function openCheckout(
  directory: string,
  options: Parameters<typeof createSigningPorts>[0],
): CheckoutAndSigningPorts {
  return { ...createSigningPorts(options), tree: createWorkTree(directory) };
}
