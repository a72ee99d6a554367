import type { MergePolicy } from '../../src/core/formats/merge-policy.ts';
import type { Reviewer, ReviewerPolicy } from '../../src/core/formats/reviewer-policy.ts';
import type { Submission } from '../../src/core/formats/submissions-file.ts';
import type { TierPolicy } from '../../src/core/formats/tier-policy.ts';
import { DAY, HOUR, type Instant, parseInstant } from '../../src/core/instant.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import type { Version } from '../../src/core/version.ts';

/** When the submissions of these tests are opened. */
export const OPENED: Instant = parseInstant('2026-11-02T09:00:00Z') ?? 0;

/** A harmless new version of a known plugin, unless said otherwise. */
export function submission(change: Partial<Submission> = {}): Submission {
  return {
    id: '7',
    url: 'https://git.example.org/acme/plugins/pull/7',
    opened: OPENED,
    updated: OPENED,
    author: 'authors-account',
    owner: 'author',
    plugin: pluginName('graph-lens'),
    version: '1.1.0' as Version,
    category: 'visualizers',
    tier: 'wasm',
    capabilities: ['query'],
    before: { version: '1.0.0' as Version, owner: 'author', tier: 'wasm', capabilities: ['query'] },
    checks: 'passed',
    findings: [],
    requests: [],
    answers: [],
    ...change,
  };
}

/** The same for a plugin that is new to the registry. */
export function newPlugin(change: Partial<Submission> = {}): Submission {
  const { before: _, ...rest } = submission(change);
  return rest;
}

export const MERGE: MergePolicy = {
  enabled: true,
  delay: 0,
  newPluginsAfter: 3 * DAY,
  maxSeverity: 'low',
  tiers: ['wasm'],
};

export const TIERS: TierPolicy = {
  wasm: { approvals: 1 },
  native: { approvals: 3 },
  core: { maintainers: 2 },
};

function reviewer(expertise: readonly string[], change: Partial<Reviewer> = {}): Reviewer {
  return { expertise, maintainer: false, ...change };
}

export const REVIEWERS: ReviewerPolicy = {
  reviewers: 3,
  remindAfter: 24 * HOUR,
  fallbackAfter: 3 * DAY,
  people: {
    alice: reviewer(['graphs'], { maintainer: true }),
    bob: reviewer(['graphs', 'web'], { maintainer: true, github: 'bob-hub' }),
    carol: reviewer(['ci']),
    dana: reviewer(['graphs', 'web'], { github: 'Dana-Hub', maxOpen: 2 }),
    erin: reviewer(['web']),
    frank: reviewer([]),
  },
};
