import type { Clock, NamedFiles } from '../core/ports.ts';
import type { NewRepository, SshKeygen } from '../core/publishing-ports.ts';
import { createNewRepository } from '../io/git/new-repository.ts';
import { createNamedFiles } from '../io/named-files.ts';
import { createSshKeygen } from '../io/ssh-keygen.ts';
import { createTemplateFiles, createWorkflowFiles } from '../io/template-files.ts';
import type { WorkflowPorts } from '../ops/trust/read-workflows.ts';
import { sheafVersion } from './version.ts';

/** The ports of the operations on keys, signatures and new registries: they need no network and no project. */
export interface SigningPorts {
  readonly clock: Clock;
  readonly files: NamedFiles;
  readonly sshKeygen: SshKeygen;
}

/** Git repositories that begin with a registry. */
export function connectNewRepository(
  environment: Readonly<Record<string, string | undefined>>,
): NewRepository {
  return createNewRepository(environment);
}

/** The workflows that come with this installation. */
export function connectWorkflows(): WorkflowPorts {
  return { templates: createTemplateFiles(), workflows: createWorkflowFiles(), version: sheafVersion() };
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
