import { invalidFile } from '../../core/errors.ts';
import type { Clock, Reporter } from '../../core/ports.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { Proposal } from '../../core/submission-ports.ts';
import type { Submitter } from '../../core/submissions/change.ts';
import { judgeChange } from '../submissions/judge-change.ts';
import { proposedTrees } from './proposed-trees.ts';

/**
 * Judges a proposal by the rules that the registry's CI will judge it by, but for those about artifacts, which are
 * not public yet.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` with what CI would say.
 */
export async function requireAcceptable(
  ports: {
    readonly registry: ReadableTree;
    readonly clock: Clock;
    readonly reporter: Pick<Reporter, 'warn'>;
  },
  { files }: Pick<Proposal, 'files'>,
  submitter: Submitter | undefined,
): Promise<void> {
  const judged = await judgeChange(
    { trees: proposedTrees(ports.registry, files), clock: ports.clock },
    { waive: [], ...(submitter === undefined ? {} : { submitter }) },
  );
  const errors = judged.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw invalidFile(errors);
  for (const { message } of judged.findings) ports.reporter.warn(message);
}
