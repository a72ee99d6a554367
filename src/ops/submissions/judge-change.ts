import type { Submitter } from '../../core/submissions/change.ts';
import { judgeChangeRules, type RuleVerdict } from '../../core/submissions/judge-rules.ts';
import { type ChangePurpose, purposeOf } from '../../core/submissions/purpose.ts';
import { type SubmittedSummary, submissionOf } from '../../core/submissions/submission-of.ts';
import { type ChangePorts, readChange } from './read-change.ts';

/** How a change is judged. */
export interface JudgeChangeOptions {
  /** Whose account proposes it, where a forge vouches for that. */
  readonly submitter?: Submitter;
  /** Rules whose faults a maintainer lets pass. */
  readonly waive: readonly string[];
}

/** What came of it. */
export interface JudgedChange extends RuleVerdict {
  /** What it is for; absent when it touches nothing but what is for maintainers. */
  readonly purpose?: ChangePurpose;
  /** Whose it is, before it and after it. */
  readonly owners: readonly string[];
  /** The release in it. */
  readonly release?: SubmittedSummary;
  /** Paths of all files that would differ. */
  readonly files: readonly string[];
}

/**
 * Judges a proposal by all rules. Neither a forge nor any secret is needed, so whoever merges can do it again.
 *
 * @throws SheafError `SHEAF_USAGE` for a waiver of no rule, and as {@link readChange}.
 */
export async function judgeChange(ports: ChangePorts, options: JudgeChangeOptions): Promise<JudgedChange> {
  const change = await readChange(ports, options.submitter);
  const purpose = purposeOf(change);
  const release = submissionOf(change);
  return {
    ...(await judgeChangeRules(change, options.waive)),
    ...(purpose === undefined ? {} : { purpose }),
    owners: [...change.owners.keys()],
    ...(release === undefined ? {} : { release }),
    files: change.files.map(({ path }) => path),
  };
}
