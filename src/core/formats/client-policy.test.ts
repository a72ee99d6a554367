import { describe, expect, it } from 'vitest';
import { DAY } from '../instant.ts';
import { admitsCapability, policyOf, stricterPolicy } from './client-policy.ts';

describe('a policy', () => {
  it('is tightened by whoever comes later and never loosened', () => {
    const strict = policyOf({
      allow: ['acme/*'],
      deny: ['left-pad'],
      tiers: ['wasm'],
      allow_capabilities: ['query'],
      deny_capabilities: ['net'],
      allow_licenses: ['MIT', 'ISC'],
      deny_licenses: ['GPL-2.0-only'],
      minimum_score: 80,
      minimum_release_age: '1d',
      required_reviews: 2,
      require_sk: true,
      on_key_change: 'refuse',
    });
    expect(stricterPolicy(strict, policyOf({}))).toEqual(strict);
    expect(stricterPolicy(policyOf({}), strict)).toEqual(strict);
    const other = policyOf({
      allow: ['graph-*'],
      deny: ['bad-*'],
      tiers: ['native', 'wasm'],
      allow_capabilities: ['query', 'env'],
      deny_capabilities: ['env'],
      allow_licenses: ['MIT'],
      deny_licenses: ['AGPL-3.0-only'],
      minimum_score: 60,
      minimum_release_age: '2d',
      required_reviews: 1,
    });
    expect(stricterPolicy(strict, other)).toEqual({
      allow: [['acme/*'], ['graph-*']],
      deny: ['bad-*', 'left-pad'],
      tiers: ['wasm'],
      allowCapabilities: ['query'],
      denyCapabilities: ['env', 'net'],
      allowLicenses: ['MIT'],
      denyLicenses: ['AGPL-3.0-only', 'GPL-2.0-only'],
      minimumScore: 80,
      minimumReleaseAge: 2 * DAY,
      requiredReviews: 2,
      requireSk: true,
      onKeyChange: 'refuse',
    });
  });

  it('lets a plugin be given what is allowed and not denied', () => {
    expect(admitsCapability(policyOf({}), 'net')).toBe(true);
    expect(admitsCapability(policyOf({ allow_capabilities: ['query'] }), 'net')).toBe(false);
    expect(admitsCapability(policyOf({ allow_capabilities: ['net'] }), 'net')).toBe(true);
    expect(
      admitsCapability(policyOf({ allow_capabilities: ['net'], deny_capabilities: ['net'] }), 'net'),
    ).toBe(false);
    expect(admitsCapability(policyOf({ allow_capabilities: [] }), 'net')).toBe(false);
  });
});
