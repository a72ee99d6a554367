import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import type { MeasurementFile } from '../../core/formats/measurement-file.ts';
import type { Submission } from '../../core/formats/submissions-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { Clock } from '../../core/ports.ts';
import type { ForgeReviews, MergeTarget, OpenChange } from '../../core/review-ports.ts';
import { judgeOtherChange } from '../../core/reviewing/change-verdict.ts';
import { judgeMeasurement, type MeasurementVerdict } from '../../core/reviewing/judge-measurement.ts';
import { judgeMerge, type MergeVerdict } from '../../core/reviewing/merge-verdict.ts';
import type { ReviewRules } from '../../core/reviewing/review-queue.ts';
import { judgeRisk, type Risk } from '../../core/reviewing/risk.ts';
import { answersOf, submissionOfForge } from '../../core/reviewing/submission-of-forge.ts';
import {
  continueRecord,
  RECORD_MARKER,
  readRecord,
  type SubmissionRecord,
} from '../../core/reviewing/submission-record.ts';
import type { ExamineArtifact, ProposedTrees } from '../../core/submission-ports.ts';
import type { Submitter } from '../../core/submissions/change.ts';
import { readReviewRules } from '../reviews/review-queue.ts';
import { registryIdOf } from '../trust/checkout.ts';
import { type JudgedChange, judgeChange } from './judge-change.ts';
import { readWaivers, type Waivers } from './read-waivers.ts';

/** What the trusted half of a registry's workflows works with. */
export interface ReviewWorkPorts {
  readonly forge: ForgeReviews;
  /** The branch of the registry, and a repository on this machine that has all commits. */
  readonly target: MergeTarget;
  readonly openTrees: (base: string, head: string) => Promise<ProposedTrees>;
  /** Absent: artifacts are not looked at. */
  readonly examine?: ExamineArtifact;
  readonly clock: Clock;
}

/** What an untrusted job measured, where one did. */
export type GivenMeasurement =
  /** The registry measures nothing. */
  | { readonly kind: 'unused' }
  /** What an earlier run read, as the workflow's own comment remembers it; nobody measured it when it has none. */
  | { readonly kind: 'remembered' }
  /** It left something that is no measurement. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'file'; readonly file: MeasurementFile };

/** A pull request with everything that the workflow thinks of it. */
export interface JudgedSubmission {
  readonly registry: string;
  readonly change: OpenChange;
  /** The head of the branch that it was judged against. */
  readonly base: string;
  readonly title: string;
  readonly rules: ReviewRules;
  readonly judged: Pick<JudgedChange, 'findings' | 'waived'>;
  readonly waivers: Waivers;
  readonly record: SubmissionRecord;
  /** The comment that holds the record before this one. */
  readonly comment?: { readonly id: number; readonly body: string };
  readonly lane: Risk['lane'];
  readonly reasons: Risk['reasons'];
  readonly merge: MergeVerdict;
  /** Absent when there is no release in it. */
  readonly submission?: Submission;
}

/**
 * Judges one pull request from the beginning: its head is fetched as data, validated against the branch as it is now,
 * and held against what reviewers said on the forge and what was measured. Changes nothing anywhere.
 *
 * @returns undefined when its head is another commit by now than the forge said.
 * @throws SheafError as the forge and the target do; `SHEAF_PATH`, `SHEAF_ROOT`, `SHEAF_INVALID_FILE` for what is
 *   wrong with the registry itself.
 */
export async function judgeSubmission(
  ports: ReviewWorkPorts,
  change: OpenChange,
  given: GivenMeasurement,
): Promise<JudgedSubmission | undefined> {
  const { forge, target, clock } = ports;
  const base = await target.fetch(`refs/heads/${target.branch}`);
  if ((await target.fetch(change.ref)) !== change.head) return undefined;
  const trees = await ports.openTrees(base, change.head);
  const registry = await registryIdOf({ tree: trees.base });
  const rules = await readReviewRules(trees.base);
  const comment = await forge.ownComment(change.number, RECORD_MARKER);
  const before = continueRecord(comment && readRecord(comment.body), change.head, clock.now());
  const waivers = await readWaivers(forge, change, before.since);
  const judged = await judgeTrees(ports, trees, change, waivers.rules);
  const measurement = await measurementOf(given, { registry, change, trees, judged, waivers });
  const record: SubmissionRecord =
    measurement === undefined
      ? before
      : {
          ...before,
          measured: measurement.state,
          figures: measurement.figures,
          findings: measurement.findings,
        };
  const checks = checksOf(judged, given, record);
  const opinions = {
    forge: forge.forge,
    requested: await forge.requested(change.number),
    // Some forges let people approve of what is their own.
    reviews: (await forge.reviews(change.number)).filter(({ account }) => account.id !== change.author.id),
  };
  const known = {
    registry,
    change,
    base,
    rules,
    judged,
    waivers,
    record,
    ...(comment === undefined ? {} : { comment }),
  };
  const { release, purpose } = judged;
  if (release === undefined) {
    const reviewed = {
      author: change.author.login,
      owners: judged.owners,
      updated: record.since,
      answers: answersOf(opinions, record, rules.reviewers.people),
    };
    const { lane, merge } = judgeOtherChange(purpose, checks, reviewed, rules.merge, rules.reviewers);
    return {
      ...known,
      title: `Changes: ${purpose ?? 'files of maintainers'}`,
      lane,
      reasons: [],
      merge: undraft(merge, change),
    };
  }
  const submission = submissionOfForge(change, release, checks, record, opinions, rules.reviewers);
  const risk = judgeRisk(submission, rules.merge, rules.tiers);
  const merge = judgeMerge(submission, risk, rules.reviewers, clock.now());
  const { lane, reasons } = risk;
  const title = `${release.plugin} ${release.version}`;
  return { ...known, title, lane, reasons, merge: undraft(merge, change), submission };
}

/** What is wrong with a commit as a change of another one, as {@link judgeSubmission} would find it. */
export async function findingsOf(
  ports: ReviewWorkPorts,
  base: string,
  head: string,
  about: { readonly change: OpenChange; readonly waive: readonly string[] } | undefined,
): Promise<readonly Finding[]> {
  const trees = await ports.openTrees(base, head);
  return (await judgeTrees(ports, trees, about?.change, about?.waive ?? [])).findings;
}

async function judgeTrees(
  { forge, clock, examine }: ReviewWorkPorts,
  trees: ProposedTrees,
  change: OpenChange | undefined,
  waive: readonly string[],
): Promise<JudgedChange> {
  // For what the workflow itself opens (submit-form.ts), it has compared accounts already.
  const submitter: Submitter | undefined =
    change === undefined || change.isOwn ? undefined : { forge: forge.forge, ...change.author };
  const ports = { trees, clock, ...(examine === undefined ? {} : { examine }) };
  try {
    return await judgeChange(ports, { waive, ...(submitter === undefined ? {} : { submitter }) });
  } catch (error) {
    // What is too large to be judged is a fault of the change like any other, and its author should read of it.
    if (!(error instanceof SheafError && error.code === 'SHEAF_SIZE')) throw error;
    const finding: Finding = {
      rule: 'change-size',
      severity: 'error',
      place: error.place ?? { file: '.' },
      message: error.message,
      ...(error.hint === undefined ? {} : { fix: error.hint }),
    };
    return { passed: false, findings: [finding], waived: [], refused: [], owners: [], files: [] };
  }
}

async function measurementOf(
  given: GivenMeasurement,
  about: {
    readonly registry: string;
    readonly change: OpenChange;
    readonly trees: ProposedTrees;
    readonly judged: JudgedChange;
    readonly waivers: Waivers;
  },
): Promise<MeasurementVerdict | undefined> {
  const { registry, change, trees, judged, waivers } = about;
  if (judged.release === undefined) return undefined;
  if (given.kind === 'unreadable') {
    return { state: 'failed', figures: ['The measurement cannot be read.'], findings: [] };
  }
  if (given.kind !== 'file') return undefined;
  const { category, plugin, version } = judged.release;
  const path = sourcePath({ kind: 'release', category, plugin, version });
  const bytes = await trees.head.read(path);
  const manifest = bytes && readReleaseManifest(bytes, path).value;
  // What cannot be read is among the findings, which block it.
  if (bytes === undefined || manifest === undefined) return undefined;
  const artifacts = manifest.artifacts.map((artifact) => artifact.sha256);
  const subject = { registry, head: change.head, plugin, version, manifest: sha256(bytes), artifacts };
  return judgeMeasurement(given.file, subject, [...waivers.rules, ...waivers.others]);
}

function checksOf(
  judged: JudgedChange,
  given: GivenMeasurement,
  { measured }: SubmissionRecord,
): Submission['checks'] {
  if (!judged.passed) return 'failed';
  if (given.kind === 'unused' || judged.release === undefined) return 'passed';
  return measured === 'none' ? 'pending' : measured;
}

function undraft(merge: MergeVerdict, { isDraft }: OpenChange): MergeVerdict {
  if (!isDraft || merge.state === 'blocked') return merge;
  return { state: 'waiting', because: 'Its author does not want it merged yet.', approvals: merge.approvals };
}
