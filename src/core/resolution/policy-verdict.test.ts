import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClientPolicy, type PolicyTable, policyOf, stricterPolicy } from '../formats/client-policy.ts';
import { parseInstant } from '../instant.ts';
import { pluginName } from '../plugin-name.ts';
import { forbiddenBecause, type JudgedRelease, withoutVouching } from './policy-verdict.ts';

const NOW = parseInstant('2026-11-20T00:00:00Z')!;
const RELEASE: JudgedRelease = {
  registry: 'acme',
  name: pluginName('graph-lens'),
  version: {
    tier: 'native',
    capabilities: [
      { id: 'query', optional: false },
      { id: 'net', optional: true },
    ],
    published: '2026-11-18T00:00:00Z',
    score: 80,
    approvals: 1,
  },
  signed: { license: 'MIT OR GPL-2.0-only', keyType: 'ssh-ed25519' },
  mayBeYoung: false,
};

const verdict = (table: PolicyTable, release: Partial<JudgedRelease> = {}): string | undefined =>
  forbiddenBecause(policyOf(table), { ...RELEASE, ...release }, NOW);

describe('the verdict of a policy', () => {
  it.each<[PolicyTable, string | undefined]>([
    [{}, undefined],
    [{ allow: ['acme/graph-*'] }, undefined],
    [{ allow: ['other/graph-lens', 'lens'] }, 'is not on the list of what the policy allows'],
    [{ allow: [] }, 'is not on the list of what the policy allows'],
    [{ allow: ['*'], deny: ['graph-*'] }, 'is denied by the policy (graph-*)'],
    [{ deny: ['other/*'] }, undefined],
    [{ tiers: ['wasm'] }, 'is of the tier native, which the policy does not admit'],
    [{ deny_capabilities: ['query'] }, 'needs the capability query, which the policy denies'],
    [{ deny_capabilities: ['net'] }, undefined],
    [{ allow_capabilities: ['net'] }, 'needs the capability query, which the policy denies'],
    [{ allow_capabilities: ['query'] }, undefined],
    [{ allow_licenses: ['MIT'] }, undefined],
    [{ deny_licenses: ['GPL-2.0-only'] }, undefined],
    [{ allow_licenses: ['ISC'] }, 'has the licence MIT OR GPL-2.0-only, which the policy does not admit'],
    [{ minimum_score: 80 }, undefined],
    [{ minimum_score: 81 }, 'has the score 80, and the policy demands 81'],
    [{ required_reviews: 1 }, undefined],
    [{ required_reviews: 2 }, 'was approved by 1 of the 2 reviewers that the policy demands'],
    [{ require_sk: true }, 'is not signed with a security key, which the policy demands'],
    [{ minimum_release_age: '3d' }, 'was published more recently than the policy allows'],
    [{ minimum_release_age: '2d' }, undefined],
  ])('%j', (table, reason) => {
    expect(verdict(table)).toBe(reason);
  });

  it('admits a release that a security key signed, where one is demanded', () => {
    const signed = { keyType: 'sk-ssh-ed25519@openssh.com' } as const;
    expect(verdict({ require_sk: true }, { signed })).toBeUndefined();
  });

  it('counts against a release what its registry does not say', () => {
    const version = { tier: 'wasm', capabilities: [] } as const;
    const silent = { version, signed: {} };
    expect(verdict({}, silent)).toBeUndefined();
    expect(verdict({ minimum_release_age: '1s' }, silent)).toContain('does not say when');
    expect(verdict({ minimum_score: 1 }, silent)).toContain('has no score');
    expect(verdict({ required_reviews: 1 }, silent)).toContain('approved by 0 of the 1');
    expect(verdict({ deny_licenses: ['MIT'] }, silent)).toContain('states no licence');
    expect(verdict({ require_sk: true }, { version, signed: undefined })).toContain('security key');
  });

  it('does not ask for the age of what is locked or mends it', () => {
    expect(verdict({ minimum_release_age: '9d' }, { mayBeYoung: true })).toBeUndefined();
  });

  it('asks of an unsigned local plugin only what the plugin itself can say', () => {
    const policy = withoutVouching(
      policyOf({ minimum_score: 99, required_reviews: 9, require_sk: true, minimum_release_age: '9d' }),
    );
    expect(forbiddenBecause(policy, RELEASE, NOW)).toBeUndefined();
    expect(forbiddenBecause({ ...policy, tiers: ['wasm'] }, RELEASE, NOW)).toContain('tier native');
  });

  const admits = (policy: ClientPolicy, release: JudgedRelease): boolean =>
    forbiddenBecause(policy, release, NOW) === undefined;

  // Whoever comes later can only take away: otherwise a cloned project could loosen what its user decided.
  it('admits under two policies nothing that one of them forbids, whichever comes first', () => {
    fc.assert(
      fc.property(anyTable(), anyTable(), anyRelease(), (one, other, release) => {
        const [a, b] = [policyOf(one), policyOf(other)];
        const together = admits(stricterPolicy(a, b), release);
        expect(admits(stricterPolicy(b, a), release)).toBe(together);
        expect(together && !(admits(a, release) && admits(b, release))).toBe(false);
      }),
      { numRuns: 2000, seed: 20261120 },
    );
  });

  // Licences are the exception: one side of an OR may please the one policy, the other side the other.
  it('forbids under two policies nothing that both admit, licences apart', () => {
    const unlicensed = anyTable({});
    fc.assert(
      fc.property(unlicensed, unlicensed, anyRelease(), (one, other, release) => {
        const [a, b] = [policyOf(one), policyOf(other)];
        expect(admits(stricterPolicy(a, b), release)).toBe(admits(a, release) && admits(b, release));
      }),
      { numRuns: 2000, seed: 20261120 },
    );
  });
});

const LICENCES = {
  allow_licenses: subset('MIT', 'ISC', 'GPL-2.0-only'),
  deny_licenses: subset('MIT', 'ISC', 'GPL-2.0-only'),
};

function anyTable(licences: object = LICENCES): fc.Arbitrary<PolicyTable> {
  const patterns = subset('*', 'graph-*', 'graph-lens', 'acme/*', 'other/graph-lens', 'map');
  return fc.record(
    {
      allow: patterns,
      deny: patterns,
      tiers: subset('wasm', 'native', 'core'),
      allow_capabilities: subset('query', 'net'),
      deny_capabilities: subset('query', 'net'),
      ...licences,
      minimum_score: fc.constantFrom(0, 50, 90),
      minimum_release_age: fc.constantFrom('0s', '1d', '3d'),
      required_reviews: fc.constantFrom(0, 1, 2),
      require_sk: fc.boolean(),
    },
    { requiredKeys: [] },
  );
}

function anyRelease(): fc.Arbitrary<JudgedRelease> {
  const capability = fc.record({ id: fc.constantFrom('query', 'net', 'env'), optional: fc.boolean() });
  return fc.record({
    registry: fc.constantFrom('acme', 'other'),
    name: fc.constantFrom('graph-lens', 'graph', 'map').map(pluginName),
    version: fc.record(
      {
        tier: fc.constantFrom('wasm', 'native'),
        capabilities: fc.array(capability, { maxLength: 2 }),
        published: fc.constantFrom('2026-11-01T00:00:00Z', '2026-11-19T12:00:00Z'),
        score: fc.constantFrom(40, 95),
        approvals: fc.constantFrom(1, 2),
      },
      { requiredKeys: ['tier', 'capabilities'] },
    ),
    signed: fc.record({
      license: fc.constantFrom(undefined, 'MIT', 'MIT OR ISC', 'ISC AND GPL-2.0-only'),
      keyType: fc.constantFrom('ssh-ed25519', 'sk-ssh-ed25519@openssh.com'),
    }),
    mayBeYoung: fc.boolean(),
  });
}

function subset<T extends string>(...of: readonly T[]): fc.Arbitrary<T[]> {
  return fc.subarray([...of]);
}
