import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import type { VersionRecord } from '../index/records.ts';
import { DAY, parseInstant } from '../instant.ts';
import type { Version } from '../version.ts';
import { type ClientPolicy, forbiddenBecause, policyOf, stricterPolicy } from './client-policy.ts';

const now = parseInstant('2026-11-20T00:00:00Z')!;
const release: VersionRecord = {
  version: '1.0.0' as Version,
  manifest: sha256(Buffer.from('')),
  bundle: 0,
  tier: 'native',
  capabilities: [
    { id: 'query', optional: false },
    { id: 'net', optional: true },
  ],
  platforms: ['any'],
  engines: {},
  dependencies: {},
  published: '2026-11-18T00:00:00Z',
};

describe('a policy', () => {
  it('admits everything by default', () => {
    expect(forbiddenBecause(policyOf({}), release, now)).toBeUndefined();
  });

  it.each([
    [{ tiers: ['wasm'] as const }, 'is of the tier native, which the policy does not admit'],
    [{ deny_capabilities: ['query'] }, 'needs the capability query, which the policy denies'],
    [{ deny_capabilities: ['net'] }, undefined],
    [{ minimum_release_age: '3d' }, 'was published more recently than the policy allows'],
    [{ minimum_release_age: '2d' }, undefined],
  ])('%j judges a release', (table, reason) => {
    expect(forbiddenBecause(policyOf(table), release, now)).toBe(reason);
  });

  it('takes a release that hides its age for a new one', () => {
    const { published: _, ...hiding } = release;
    expect(forbiddenBecause(policyOf({ minimum_release_age: '1s' }), hiding, now)).toContain(
      'does not say when',
    );
    expect(forbiddenBecause(policyOf({}), hiding, now)).toBeUndefined();
  });

  it('is tightened by a project and never loosened', () => {
    const user: ClientPolicy = {
      onKeyChange: 'refuse',
      minimumReleaseAge: DAY,
      tiers: ['wasm'],
      denyCapabilities: ['net'],
    };
    const loose = policyOf({});
    expect(stricterPolicy(user, loose)).toEqual(user);
    expect(stricterPolicy(loose, user)).toEqual(user);
    const other: ClientPolicy = {
      onKeyChange: 'ask',
      minimumReleaseAge: 2 * DAY,
      tiers: ['native'],
      denyCapabilities: ['env'],
    };
    expect(stricterPolicy(user, other)).toEqual({
      onKeyChange: 'refuse',
      minimumReleaseAge: 2 * DAY,
      tiers: [],
      denyCapabilities: ['env', 'net'],
    });
  });
});
