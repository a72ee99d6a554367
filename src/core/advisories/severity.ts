import type { Advisory, AffectedPackage, CvssScore } from '../formats/advisory.ts';

/** How bad something is. */
export interface Severity {
  /** The vector of the Common Vulnerability Scoring System, as the advisory states it. */
  readonly vector: string;
  /** Base score from 0 to 10; only of version 3, whose formula needs no tables of expert judgements. */
  readonly score?: number;
  readonly rating?: 'none' | 'low' | 'medium' | 'high' | 'critical';
}

/** How bad an advisory says it is, for one of the entries that it affects; undefined when it does not say. */
export function severityOf(advisory: Advisory, entry: AffectedPackage): Severity | undefined {
  const scores: readonly CvssScore[] = entry.severity ?? advisory.severity ?? [];
  const stated = scores.find(({ type }) => type === 'CVSS_V3') ?? scores[0];
  if (stated === undefined) return undefined;
  const score = stated.type === 'CVSS_V3' ? baseScore(stated.score) : undefined;
  return { vector: stated.score, ...(score === undefined ? {} : { score, rating: ratingOf(score) }) };
}

type Weights = Readonly<Record<string, number>>;

// CVSS v3.1 Specification, §7.4 "Metric Values".
const ATTACK_VECTOR: Weights = { N: 0.85, A: 0.62, L: 0.55, P: 0.2 };
const ATTACK_COMPLEXITY: Weights = { L: 0.77, H: 0.44 };
const PRIVILEGES: Weights = { N: 0.85, L: 0.62, H: 0.27 };
const PRIVILEGES_CHANGED: Weights = { N: 0.85, L: 0.68, H: 0.5 };
const INTERACTION: Weights = { N: 0.85, R: 0.62 };
const IMPACT: Weights = { H: 0.56, L: 0.22, N: 0 };

/** The base score of a vector of CVSS 3.0 or 3.1 (§7.1 "Base Metrics Equations"); undefined when it is none. */
export function baseScore(vector: string): number | undefined {
  const metrics = new Map(
    vector
      .split('/')
      .slice(1)
      .map((part) => {
        const [name = '', value = ''] = part.split(':');
        return [name, value];
      }),
  );
  const scope = metrics.get('S');
  if (scope !== 'U' && scope !== 'C') return undefined;
  const changed = scope === 'C';
  const weigh = (name: string, weights: Weights): number => {
    const value = metrics.get(name) ?? '';
    return Object.hasOwn(weights, value) ? (weights[value] ?? Number.NaN) : Number.NaN;
  };
  const loss = 1 - (1 - weigh('C', IMPACT)) * (1 - weigh('I', IMPACT)) * (1 - weigh('A', IMPACT));
  const impact = changed ? 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 : 6.42 * loss;
  const exploitability =
    8.22 *
    weigh('AV', ATTACK_VECTOR) *
    weigh('AC', ATTACK_COMPLEXITY) *
    weigh('PR', changed ? PRIVILEGES_CHANGED : PRIVILEGES) *
    weigh('UI', INTERACTION);
  if (Number.isNaN(impact) || Number.isNaN(exploitability)) return undefined;
  if (impact <= 0) return 0;
  return roundUp(Math.min((changed ? 1.08 : 1) * (impact + exploitability), 10));
}

/** To one decimal, upwards, without the noise of binary fractions (Appendix A). */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000);
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10;
}

/** §5 "Qualitative Severity Rating Scale". */
function ratingOf(score: number): NonNullable<Severity['rating']> {
  if (score === 0) return 'none';
  if (score < 4) return 'low';
  if (score < 7) return 'medium';
  return score < 9 ? 'high' : 'critical';
}
