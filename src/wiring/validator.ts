import { openProposedTrees, type ProposedRevisions } from '../io/git/proposed-trees.ts';
import type { ChangePorts } from '../ops/submissions/read-change.ts';
import { connectExamination } from './examination.ts';

/** What surrounds whoever judges a change. */
export interface ValidatorOptions {
  /** The repository of the registry: a work tree or a bare one. */
  readonly registry: string;
  readonly revisions: ProposedRevisions;
  /** Whether artifacts are fetched and looked into. */
  readonly artifacts: boolean;
  /** Networks besides the public internet from which artifacts may come. */
  readonly allowNetworks: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Connects the judge of changes with a repository and with the hosts of artifacts.
 *
 * @throws SheafError `SHEAF_PATH` when there are no such commits, `SHEAF_USAGE` for what is no network.
 */
export async function connectValidator(options: ValidatorOptions): Promise<ChangePorts> {
  const { registry, revisions, artifacts, environment } = options;
  return {
    trees: await openProposedTrees(registry, revisions, environment),
    clock: { now: () => Date.now() },
    ...(artifacts ? { examine: connectExamination(options) } : {}),
  };
}
