import { invalidFile, SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock } from '../../core/ports.ts';
import type { MergeTarget } from '../../core/review-ports.ts';
import { type GivenWaiver, writeMergeMessage } from '../../core/reviewing/merge-message.ts';
import { quote } from '../../core/text.ts';

/** What a merge needs. */
export interface MergePorts {
  readonly target: MergeTarget;
  /** What is wrong with a commit as a change of another one. */
  readonly judge: (base: string, head: string) => Promise<readonly Finding[]>;
  readonly clock: Clock;
}

/** A commit that was judged and is to be merged. */
export interface MergeRequest {
  readonly head: string;
  /** The ref of the remote that must still have this commit when it is merged. */
  readonly ref?: string;
  /** First line of the message. */
  readonly title: string;
  /** What maintainers let pass; the message says so for good. */
  readonly waivers?: readonly GivenWaiver[];
  /** Try it, judge the result, and push nothing. */
  readonly dryRun?: boolean;
}

/** What a merge came to. */
export interface MergedSubmission {
  /** `present`: the branch had the commit already. */
  readonly state: 'merged' | 'present';
  /** The head of the branch. */
  readonly commit: string;
  /** How often it was tried, because others merged at the same time. */
  readonly attempts: number;
}

/**
 * Merges one commit, exactly as it was judged, into a branch as it is at this moment. The result is judged again before
 * it is pushed, against the branch without it: a name may have been taken since. When somebody else merges first, all
 * of it begins anew; nothing is ever forced, and two submissions that touch other files never conflict.
 *
 * @throws SheafError `SHEAF_POLICY` when the pull request moved on, `SHEAF_EXISTS` when both sides changed a file or
 *   others were always faster, `SHEAF_INVALID_FILE` when the result breaks a rule, `SHEAF_USAGE`, `SHEAF_PATH`,
 *   `SHEAF_NETWORK`, `SHEAF_AUTHENTICATION`, `SHEAF_TOOL`.
 */
export async function mergeSubmission(
  { target, judge, clock }: MergePorts,
  { head, ref, title, waivers = [], dryRun = false }: MergeRequest,
): Promise<MergedSubmission> {
  const { branch } = target;
  const message = writeMergeMessage(title, waivers);
  for (let attempts = 1; ; attempts += 1) {
    await requireHead(target, head, ref);
    const base = await target.fetch(`refs/heads/${branch}`);
    const trial = await target.merge(base, head, { message, date: clock.now() });
    if (trial.state === 'present') return { state: 'present', commit: base, attempts };
    if (trial.state === 'conflict') {
      throw new SheafError(
        'SHEAF_EXISTS',
        `${quote(trial.paths[0] ?? '')} changed on ${branch} in the meantime.`,
        {
          hint: `Bring the pull request up to date with ${branch}.`,
          details: { paths: trial.paths },
        },
      );
    }
    const findings = await judge(base, trial.commit);
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw invalidFile(errors);
    if (dryRun || (await target.push(trial.commit, base)))
      return { state: 'merged', commit: trial.commit, attempts };
    if (attempts === LIMITS.pushAttempts) {
      throw new SheafError('SHEAF_EXISTS', `Others pushed to ${branch} ${attempts} times in a row.`, {
        hint: 'Let one workflow merge at a time.',
      });
    }
  }
}

async function requireHead(target: MergeTarget, head: string, ref: string | undefined): Promise<void> {
  if (ref !== undefined) {
    const now = await target.fetch(ref);
    if (now === head) return;
    throw new SheafError('SHEAF_POLICY', `${quote(ref)} is at ${now} now, and ${head} was judged.`, {
      hint: 'Judge the new commit.',
    });
  }
  if (await target.has(head)) return;
  throw new SheafError('SHEAF_PATH', `The repository has no commit ${head}.`, {
    hint: 'Fetch it, or name the ref of the pull request with --ref.',
  });
}
