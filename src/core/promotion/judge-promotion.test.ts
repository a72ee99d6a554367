import { describe, expect, it } from 'vitest';
import { expectForm } from '../../../test/support/json-output.ts';
import { sha256 } from '../digest.ts';
import type { ReviewFile } from '../formats/review-file.ts';
import type { TierPolicy } from '../formats/tier-policy.ts';
import { DAY, type Instant, parseInstant } from '../instant.ts';
import { pluginName } from '../plugin-name.ts';
import type { JudgedReview } from '../reviewing/judge-review.ts';
import type { Version } from '../version.ts';
import type { PromotionFacts } from './facts.ts';
import { type GrantedTier, judgePromotion, nextTier } from './judge-promotion.ts';
import { writePromotionMarkdown, writePromotionReport } from './report.ts';

const NOW: Instant = parseInstant('2026-11-20T09:00:00Z') ?? 0;
const MANIFEST = sha256(new Uint8Array([1]));
const person = (expertise: string[], maintainer = false, hostTeam = false) => ({
  expertise,
  maintainer,
  hostTeam,
});

const POLICY: TierPolicy = {
  wasm: {},
  native: {
    approvals: 3,
    maintainers: 1,
    scanScore: 60,
    performanceValidated: true,
    downloads: 101,
    incidentFreeDays: 30,
    securityAudit: true,
    performanceReview: true,
  },
  core: { maintainers: 2, rating: 4, strategicImportance: true, hostAgreement: true },
};

function review(reviewer: string, change: Partial<ReviewFile> = {}): JudgedReview {
  return {
    review: {
      registry: 'acme',
      plugin: pluginName('graph-lens'),
      version: '1.0.0' as Version,
      manifest: MANIFEST,
      reviewer,
      date: NOW - DAY,
      rating: 5,
      verdict: 'approve',
      thoroughness: 'high',
      ...change,
    },
  };
}

/** A plugin that meets everything. */
function facts(change: Partial<PromotionFacts> = {}): PromotionFacts {
  return {
    plugin: pluginName('graph-lens'),
    owner: 'author',
    version: '1.0.0' as Version,
    manifest: MANIFEST,
    granted: 'wasm',
    audit: {
      registry: 'acme',
      plugin: pluginName('graph-lens'),
      version: '1.0.0' as Version,
      published: NOW - 40 * DAY,
      scan: { rules: '1', score: 60, coverage: 1, passed: true, findings: [] },
      performance: { verdict: 'passed' },
      compatibility: [],
      waivers: [],
    },
    firstPublished: NOW - 40 * DAY,
    downloads: 101,
    incidents: [],
    reviews: [
      review('sec', { attests: ['security-audit'] }),
      review('perf', { attests: ['performance-review'] }),
      review('main', { attests: ['endorsement'] }),
      review('boss', { attests: ['endorsement', 'strategic-importance', 'host-agreement'] }),
    ],
    people: {
      sec: person(['security']),
      perf: person(['performance']),
      main: person([], true),
      boss: person([], true, true),
      other: person([]),
    },
    ...change,
  };
}

const unmet = (change: Partial<PromotionFacts>, to: GrantedTier = 'native'): readonly string[] =>
  judgePromotion(facts(change), to, POLICY, NOW)
    .criteria.filter(({ met }) => !met)
    .map(({ id }) => id);
const REVIEWED = ['approvals', 'security_audit', 'performance_review'];
const withReviews = (edit: (review: ReviewFile) => Partial<ReviewFile>): Partial<PromotionFacts> => ({
  reviews: facts().reviews.map((one) => ({ review: { ...one.review, ...edit(one.review) } })),
});

describe('the way to native', () => {
  it('is open to a plugin that meets everything, each with evidence', () => {
    const promotion = judgePromotion(facts(), 'native', POLICY, NOW);
    expect(promotion.met).toBe(true);
    for (const { evidence, id } of promotion.criteria) expect(evidence, id).not.toEqual([]);
    expect(promotion.criteria).toHaveLength(10);
  });

  it.each<[string, Partial<PromotionFacts>, string[]]>([
    ['100 downloads', { downloads: 100 }, ['downloads']],
    ['29 days', { firstPublished: NOW - 30 * DAY + 1 }, ['incident_free_days']],
    [
      'an advisory 29 days ago',
      { incidents: [{ what: 'advisory PLUG-2026-0001', date: NOW - 29 * DAY, open: false }] },
      ['incident_free_days'],
    ],
    [
      'an old quarantine that goes on',
      { incidents: [{ what: 'the quarantine', date: NOW - 39 * DAY, open: true }] },
      ['incident_free_days'],
    ],
    ['a scan of score 59', { audit: auditWith({ score: 59 }) }, ['scan_score']],
    ['a scan that did not pass', { audit: auditWith({ passed: false }) }, ['scan_passed']],
    [
      'a measurement over budget',
      { audit: { ...facts().audit!, performance: { verdict: 'over-budget' } } },
      ['performance_validated'],
    ],
    ['reviews of other bytes', withReviews(() => ({ manifest: sha256(new Uint8Array()) })), REVIEWED],
    [
      'an audit that was not thorough',
      withReviews(({ reviewer }) => (reviewer === 'sec' ? { thoroughness: 'medium' } : {})),
      ['security_audit'],
    ],
    [
      'an audit by somebody who knows nothing of security',
      withReviews(({ reviewer }) => (reviewer === 'sec' ? { reviewer: 'other' } : {})),
      ['security_audit'],
    ],
    [
      'somebody who rejects it now',
      withReviews(({ reviewer }) => (reviewer === 'perf' ? { verdict: 'reject' } : {})),
      ['no_objection', 'performance_review'],
    ],
  ])('is closed by %s', (_, change, ids) => {
    expect(unmet(change)).toEqual(ids);
  });

  it('without any facts names each of them as missing', () => {
    const { audit: _, downloads: __, firstPublished: ___, ...rest } = facts();
    const promotion = judgePromotion({ ...rest, reviews: [] }, 'native', POLICY, NOW);
    const open = promotion.criteria.filter(({ met }) => !met);
    expect(open).toHaveLength(9);
    expect(open.find(({ id }) => id === 'scan_passed')?.evidence).toEqual(['Nobody has scanned 1.0.0.']);
  });

  it('counts one voice for each reviewer, the newest, and none of the owner or of strangers', () => {
    const twice = [review('sec'), review('sec', { date: NOW, version: '0.9.0' as Version })];
    const others = [review('author'), review('stranger'), review('perf')];
    const found = judgePromotion(facts({ reviews: [...twice, ...others] }), 'native', POLICY, NOW);
    const approvals = found.criteria.find(({ id }) => id === 'approvals');
    expect(approvals?.evidence).toEqual(['perf, review of 1.0.0, 2026-11-19.', '2 missing.']);
  });

  it('takes an endorsement of a maintainer alone, whatever else a reviewer states', () => {
    expect(unmet({ reviews: [review('other', { attests: ['endorsement'] })] })).toContain('maintainers');
    const stale = review('main', { attests: ['endorsement'], manifest: sha256(new Uint8Array()) });
    expect(unmet({ reviews: [stale] })).not.toContain('maintainers');
  });
});

describe('the way to core', () => {
  it('leads through native and the host team', () => {
    expect(unmet({ granted: 'native' }, 'core')).toEqual([]);
    expect(unmet({}, 'core')).toEqual(['tier_below']);
    const noHost = withReviews(({ reviewer }) => (reviewer === 'boss' ? { attests: ['endorsement'] } : {}));
    expect(unmet({ granted: 'native', ...noHost }, 'core')).toEqual([
      'strategic_importance',
      'host_agreement',
    ]);
  });

  it('asks for the rating with the weight of the prior in it', () => {
    const two = facts().reviews.slice(2);
    expect(unmet({ granted: 'native', reviews: two }, 'core')).toEqual([]);
    expect(unmet({ granted: 'native', reviews: two.slice(1) }, 'core')).toEqual(['rating', 'maintainers']);
  });

  it('ends there', () => {
    expect(['wasm', 'native', 'core'].map((tier) => nextTier(tier as 'wasm'))).toEqual([
      'native',
      'core',
      undefined,
    ]);
  });
});

describe('the report', () => {
  const report = {
    registry: 'acme',
    generated: NOW,
    promotions: [
      judgePromotion(facts(), 'native', POLICY, NOW),
      judgePromotion(facts({ plugin: pluginName('other-lens'), downloads: 3 }), 'native', POLICY, NOW),
    ],
    unjudged: [{ plugin: pluginName('broken-lens'), problem: 'It has ![x](https://tracker.example/).' }],
  };

  it('has the form of its schema', () => {
    const document = JSON.parse(new TextDecoder().decode(writePromotionReport(report))) as object;
    expectForm('promotion-report.schema.json', document);
    expect(document).toMatchObject({ promotions: [{ met: true }, { met: false }], unjudged: [{}] });
  });

  it('tells people who is ready, and of the others what is missing; nothing in it is a link or an image', () => {
    const text = new TextDecoder().decode(writePromotionMarkdown(report));
    expect(text).toContain('1 ready, 1 not yet.');
    expect(text).toContain('- other-lens 1.0.0 → native: 9 of 10 met\n  - 101 downloads or more: It has 3.');
    expect(text).toContain('\\!\\[x\\]\\(https:\u2060//tracker.example/\\)');
  });
});

function auditWith(change: { score?: number; passed?: boolean }): NonNullable<PromotionFacts['audit']> {
  const audit = facts().audit!;
  return { ...audit, scan: { ...audit.scan!, ...change } };
}
