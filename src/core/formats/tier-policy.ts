import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { validate as validatePolicy } from '../validators/policy-tiers.generated.js';
import type { Tier } from './manifest.ts';

/** What a plugin must show for each tier: `registry/policy/tiers.toml`. */
export type TierPolicy = Readonly<Record<Tier, TierCriteria>>;

/** Criteria of one tier; what is absent is not asked for. */
export interface TierCriteria {
  /** Approving reviews by different reviewers. */
  readonly approvals?: number;
  /** Signed reviews or endorsements by different maintainers. */
  readonly maintainers?: number;
  /** Lowest score of the security scan, 0 to 100. */
  readonly scanScore?: number;
  /** The registry's own measurement is within the claimed budgets. */
  readonly performanceValidated?: boolean;
  readonly downloads?: number;
  readonly incidentFreeDays?: number;
  /** Lowest mean rating, 1 to 5. */
  readonly rating?: number;
  readonly securityAudit?: boolean;
  readonly performanceReview?: boolean;
  readonly strategicImportance?: boolean;
  readonly hostAgreement?: boolean;
}

/** One tier as `schemas/policy-tiers.schema.json` accepts it. */
interface CriteriaToml {
  readonly approvals?: number;
  readonly maintainers?: number;
  readonly scan_score?: number;
  readonly performance_validated?: boolean;
  readonly downloads?: number;
  readonly incident_free_days?: number;
  readonly rating?: number;
  readonly security_audit?: boolean;
  readonly performance_review?: boolean;
  readonly strategic_importance?: boolean;
  readonly host_agreement?: boolean;
}

/** Reads a `tiers.toml`. */
export function readTierPolicy(bytes: Uint8Array, file: string): Reading<TierPolicy> {
  return readDocument(parseToml(bytes, file), validatePolicy, (document) => {
    const toml = document.value as Partial<Record<Tier, CriteriaToml>>;
    return { wasm: criteriaOf(toml.wasm), native: criteriaOf(toml.native), core: criteriaOf(toml.core) };
  });
}

/** Writes a tier policy as {@link readTierPolicy} reads it. */
export function writeTierPolicy(policy: TierPolicy): Uint8Array {
  return writeToml({
    wasm: criteriaToml(policy.wasm),
    native: criteriaToml(policy.native),
    core: criteriaToml(policy.core),
  });
}

function criteriaOf(table: CriteriaToml = {}): TierCriteria {
  return defined({
    approvals: table.approvals,
    maintainers: table.maintainers,
    scanScore: table.scan_score,
    performanceValidated: table.performance_validated,
    downloads: table.downloads,
    incidentFreeDays: table.incident_free_days,
    rating: table.rating,
    securityAudit: table.security_audit,
    performanceReview: table.performance_review,
    strategicImportance: table.strategic_importance,
    hostAgreement: table.host_agreement,
  });
}

function criteriaToml(criteria: TierCriteria): CriteriaToml {
  return defined({
    approvals: criteria.approvals,
    maintainers: criteria.maintainers,
    scan_score: criteria.scanScore,
    performance_validated: criteria.performanceValidated,
    downloads: criteria.downloads,
    incident_free_days: criteria.incidentFreeDays,
    rating: criteria.rating,
    security_audit: criteria.securityAudit,
    performance_review: criteria.performanceReview,
    strategic_importance: criteria.strategicImportance,
    host_agreement: criteria.hostAgreement,
  });
}
