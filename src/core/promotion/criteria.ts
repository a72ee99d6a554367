import type { TierCriteria } from '../formats/tier-policy.ts';
import { DAY, formatInstant, type Instant } from '../instant.ts';
import { bayesianRating } from '../reviewing/rating.ts';
import { approvalsOf, attestationsOf, isAbout, type PromotionFacts, type Voice, voicesOf } from './facts.ts';

/** One demand on a plugin that is to be promoted, and how it stands. */
export interface CriterionResult {
  readonly id: CriterionId;
  /** What is demanded: "at least 3 approving reviews". */
  readonly demand: string;
  readonly met: boolean;
  /** What it was judged by, one sentence each; what is missing, when there is nothing. */
  readonly evidence: readonly string[];
}

/** Every criterion; those of the policy have the names that it gives them. */
export type CriterionId =
  | 'tier_below'
  | 'scan_passed'
  | 'no_objection'
  | 'scan_score'
  | 'performance_validated'
  | 'downloads'
  | 'incident_free_days'
  | 'rating'
  | 'approvals'
  | 'maintainers'
  | 'security_audit'
  | 'performance_review'
  | 'strategic_importance'
  | 'host_agreement';

/** A criterion: undefined when the policy does not ask for it. */
type Criterion = (
  facts: PromotionFacts,
  policy: TierCriteria,
  now: Instant,
) => Omit<CriterionResult, 'id'> | undefined;

/** What every tier above wasm asks for, whatever the policy says, and then what the policy asks for. */
export const CRITERIA: Readonly<Record<Exclude<CriterionId, 'tier_below'>, Criterion>> = {
  scan_passed({ audit, version }) {
    const scan = audit?.scan;
    const demand = 'the security scan of the release passed';
    if (scan === undefined) return { demand, met: false, evidence: [`Nobody has scanned ${version}.`] };
    const said = `Rules ${scan.rules} ${scan.passed ? 'passed' : 'did not pass'} ${version}, with ${scan.findings.length} findings.`;
    return { demand, met: scan.passed, evidence: [said] };
  },

  no_objection(facts) {
    const objections = voicesOf(facts).filter(({ review }) => review.verdict === 'reject');
    return {
      demand: 'no reviewer rejects it',
      met: objections.length === 0,
      evidence:
        objections.length === 0
          ? ['Nobody does.']
          : objections.map((voice) => `${titleOf(voice)} rejects it.`),
    };
  },

  scan_score({ audit, version }, { scanScore }) {
    if (scanScore === undefined) return undefined;
    const score = audit?.scan?.score;
    return {
      demand: `a scan score of ${scanScore} or more`,
      met: score !== undefined && score >= scanScore,
      evidence: [score === undefined ? `${version} has no score.` : `${version} has ${score} of 100.`],
    };
  },

  performance_validated({ audit, version }, { performanceValidated }) {
    if (performanceValidated !== true) return undefined;
    const verdict = audit?.performance?.verdict;
    return {
      demand: 'the registry measured it within its budgets',
      met: verdict === 'passed',
      evidence: [
        verdict === undefined
          ? `Nobody has measured ${version}.`
          : `The measurement of ${version}: ${verdict}.`,
      ],
    };
  },

  downloads({ downloads }, { downloads: wanted }) {
    if (wanted === undefined) return undefined;
    return {
      demand: `${wanted} downloads or more`,
      met: downloads !== undefined && downloads >= wanted,
      evidence: [downloads === undefined ? 'Nobody counts its downloads.' : `It has ${downloads}.`],
    };
  },

  incident_free_days({ incidents, firstPublished }, { incidentFreeDays: wanted }, now) {
    if (wanted === undefined) return undefined;
    const demand = `${wanted} days without a security incident`;
    const open = incidents.filter((one) => one.open);
    if (open.length > 0) return { demand, met: false, evidence: open.map(({ what }) => `${what} is open.`) };
    if (firstPublished === undefined) {
      return { demand, met: false, evidence: ['Nothing tells when it was published.'] };
    }
    // A plugin that nobody could use yet has not proved anything either.
    const last = incidents.toSorted((a, b) => b.date - a.date)[0];
    const from = Math.max(firstPublished, last?.date ?? 0);
    const days = Math.floor((now - from) / DAY);
    const since = last === undefined || last.date < firstPublished ? 'it was first published' : last.what;
    return {
      demand,
      met: days >= wanted,
      evidence: [`${days} days since ${since} on ${formatInstant(from).slice(0, 'YYYY-MM-DD'.length)}.`],
    };
  },

  rating(facts, { rating: wanted }) {
    if (wanted === undefined) return undefined;
    const found = bayesianRating(voicesOf(facts).map(({ review }) => review.rating));
    return {
      demand: `a rating of ${wanted} or more`,
      met: found !== undefined && found.rating >= wanted,
      evidence: [
        found === undefined ? 'Nobody has rated it.' : `It has ${found.rating} of ${found.count} ratings.`,
      ],
    };
  },

  approvals(facts, { approvals: wanted }) {
    if (wanted === undefined) return undefined;
    return votes(
      `${wanted} approving reviews of ${facts.version} or more`,
      wanted,
      approvalsOf(facts),
      facts,
    );
  },

  maintainers(facts, { maintainers: wanted }) {
    if (wanted === undefined) return undefined;
    const endorsing = attestationsOf(facts, 'endorsement', ({ maintainer }) => maintainer);
    const approving = approvalsOf(facts).filter(({ person }) => person.maintainer);
    const voices = [
      ...new Map([...approving, ...endorsing].map((one) => [one.review.reviewer, one])).values(),
    ];
    return votes(`approval or endorsement by ${wanted} maintainers or more`, wanted, voices, facts);
  },

  security_audit(facts, { securityAudit }) {
    if (securityAudit !== true) return undefined;
    const audits = attestationsOf(
      facts,
      'security-audit',
      ({ maintainer, expertise }) => maintainer || expertise.includes('security'),
    ).filter(({ review }) => review.thoroughness === 'high' && isAbout(review, facts));
    return votes('a thorough security audit by somebody who knows security', 1, audits, facts);
  },

  performance_review(facts, { performanceReview }) {
    if (performanceReview !== true) return undefined;
    const found = attestationsOf(
      facts,
      'performance-review',
      ({ maintainer, expertise }) => maintainer || expertise.includes('performance'),
    ).filter(({ review }) => isAbout(review, facts));
    return votes('a review of its performance by somebody who knows performance', 1, found, facts);
  },

  strategic_importance(facts, { strategicImportance }) {
    if (strategicImportance !== true) return undefined;
    const found = attestationsOf(facts, 'strategic-importance', ({ hostTeam }) => hostTeam === true);
    return votes('the host team states that it matters to the host', 1, found, facts);
  },

  host_agreement(facts, { hostAgreement }) {
    if (hostAgreement !== true) return undefined;
    const found = attestationsOf(facts, 'host-agreement', ({ hostTeam }) => hostTeam === true);
    return votes('the host team agrees to the integration', 1, found, facts);
  },
};

/** A demand for people; reviews that do not count are named when it is not met, or nobody would know why. */
function votes(
  demand: string,
  wanted: number,
  voices: readonly Voice[],
  { reviews }: PromotionFacts,
): Omit<CriterionResult, 'id'> {
  const met = voices.length >= wanted;
  const found = voices.map((voice) => `${titleOf(voice)}.`);
  const ignored = reviews.flatMap(({ review, problem }) =>
    problem === undefined
      ? []
      : [`The review of ${review.version} by ${review.reviewer} does not count: ${problem}.`],
  );
  return {
    demand,
    met,
    evidence: met ? found : [...found, `${wanted - voices.length} missing.`, ...ignored],
  };
}

function titleOf({ review: { reviewer, version, date } }: Voice): string {
  return `${reviewer}, review of ${version}, ${formatInstant(date).slice(0, 'YYYY-MM-DD'.length)}`;
}
