import type { Clock, NamedFiles } from '../core/ports.ts';
import type { SshKeygen } from '../core/publishing-ports.ts';
import { createNamedFiles } from '../io/named-files.ts';
import { createSshKeygen } from '../io/ssh-keygen.ts';

/** The ports of the operations on keys, signatures and new registries: they need no network and no project. */
export interface SigningPorts {
  readonly clock: Clock;
  readonly files: NamedFiles;
  readonly sshKeygen: SshKeygen;
}

/**
 * Wires them.
 *
 * @param options.mayAsk ssh-keygen may ask for passphrases and touches on the terminal.
 */
export function createSigningPorts(options: {
  readonly mayAsk: boolean;
  readonly signal?: AbortSignal;
}): SigningPorts {
  return {
    clock: { now: () => Date.now() },
    files: createNamedFiles(),
    sshKeygen: createSshKeygen(options),
  };
}
