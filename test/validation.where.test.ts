import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../src/core/limits.ts';
import type { Judging } from './support/change-world.ts';
import {
  ARTIFACTS,
  about,
  addOwner,
  both,
  called,
  file,
  foundOf,
  github,
  LENS,
  moved,
  NEW,
  newOwner,
  newPlugin,
  type Planted,
  type PlantingWorld,
  plantingWorld,
  pluginToml,
  release,
  review,
  reviewed,
  rewritten,
  rotation,
  said,
  signed,
  text,
  transfer,
  type Work,
} from './support/planted-changes.ts';

/**
 * Where a change may touch a registry: every rule finds the fault that is planted for it, at its place and with advice,
 * and is silent about the same change without it. Every change is a commit in a real repository.
 */

let planting: PlantingWorld;
beforeAll(async () => {
  planting = await plantingWorld();
}, 60_000);
afterAll(() => planting.world.remove());

/** Changes that are in order, by whoever may make them. */
const CLEAN: readonly (readonly [string, Work, Judging?])[] = [
  ['a release', release],
  ['a release by its owner', release, github(11)],
  ['the first release of a plugin', newPlugin, github(11)],
  [
    'a new owner with a plugin',
    both(newOwner, called('something-new', 'newcomer'), (r) =>
      rewritten(r, `${NEW}/1.0.0.toml`, [ARTIFACTS, 'https://git.example.org/newcomer/'], 'newcomer'),
    ),
    github(33),
  ],
  ['a new owner', newOwner, github(33)],
  ['a rotation of keys', rotation, github(11)],
  [
    'a recovery of keys, whoever proposes it',
    (r) => r.rotateOwner('loner', ['loner-again'], ['maintainer-a', 'maintainer-b'], 'recovery@sheaf'),
    github(999),
  ],
  ['a transfer by the old owner', transfer, github(11)],
  ['a transfer by the new owner', transfer, github(22)],
  ['the next plugin.toml', pluginToml, github(11)],
  ['a review', review, github(999)],
  ['a name near to one of the same owner', called('telescopes', 'rival')],
];

const PLANTED: Readonly<Record<string, readonly Planted[]>> = {
  schema: [
    {
      fault: 'an unknown key',
      work: both(release, (r) =>
        rewritten(r, `${LENS}/1.2.0.toml`, ['[plugin]', '[plugin]\ncolour = "red"']),
      ),
      at: `${LENS}/1.2.0.toml:2`,
    },
  ],
  'nothing-else': [
    ...[
      '.github/workflows/publish.yml',
      'tools/plugin-validator/main.mjs',
      'registry/policy/automerge.toml',
      'registry/categories/integrations.toml',
      'registry/registry.toml',
      'registry/trust/revoked',
      'registry/trust/root/2.signers',
      'registry/trust/reviewers.signers',
      'registry/security/status/gr/graph-lens/2026-11-20-grant.toml',
      'registry/security/audits/gr/graph-lens/1.2.0.toml',
      `${LENS}/README.md`,
      'README.md',
    ].map((path) => ({
      fault: `a release that touches ${path}`,
      work: both(release, () => ({ [path]: '# mine now\n' })),
      at: path,
    })),
    {
      fault: 'a workflow alone',
      work: () => ({ '.github/workflows/x.yml': 'on: push\n' }),
      at: '.github/workflows/x.yml',
    },
    {
      fault: 'plugin.toml of a plugin that is there',
      work: both(release, pluginToml),
      at: `${LENS}/plugin.toml`,
    },
    {
      fault: 'a release with new keys',
      work: both(release, rotation),
      at: 'registry/trust/owners/author/3.signers',
    },
    {
      fault: "somebody else's plugin beside one's own",
      work: both(release, (r) => r.addRelease({ name: 'telescope', version: '1.1.0' }, 'rival')),
      at: 'plugins/integrations/te/telescope/1.1.0.toml',
    },
    {
      fault: 'two releases',
      work: both(release, (r) => r.addRelease({ name: 'graph-lens', version: '1.3.0' })),
      at: `${LENS}/1.3.0.toml`,
    },
    {
      fault: 'a release with a review of it',
      work: both(release, review),
      at: 'registry/reviews/gr/graph-lens/1.0.0.critic.toml',
    },
    {
      fault: 'two new owners',
      work: both(newOwner, (r) => addOwner(r, 'second')),
      at: 'registry/trust/owners/second/1.signers',
    },
    {
      fault: 'an owner who changes their addresses',
      work: () => ({ 'registry/trust/owners/author/owner.toml': about('https://git.example.org/') }),
      at: 'registry/trust/owners/author/owner.toml',
    },
  ],
  'nothing-modified': [
    {
      fault: 'other bytes in an old release',
      work: both(release, (r) => rewritten(r, `${LENS}/1.0.0.toml`, ['simulated plugin', 'better plugin'])),
      at: `${LENS}/1.0.0.toml`,
    },
    {
      fault: 'a removed release',
      work: both(release, () => ({ [`${LENS}/1.0.0.toml`]: null })),
      at: `${LENS}/1.0.0.toml`,
    },
    {
      fault: 'a new signature of an old release',
      work: both(release, (r) => ({
        [`${LENS}/1.0.0.toml.sig`]: r.sign('author', 'release@sheaf', Buffer.from('other')),
      })),
      at: `${LENS}/1.0.0.toml.sig`,
    },
    {
      fault: 'an old key file with another key',
      work: (r) => ({
        'registry/trust/owners/author/2.signers': text(
          file(r, 'registry/trust/owners/author/2.signers'),
        ).replace('author-stolen', 'author-mine'),
      }),
      at: 'registry/trust/owners/author/2.signers',
    },
    {
      fault: 'a plugin.toml of the same revision',
      work: (r) => r.setPlugin('graph-lens', { keywords: ['graph'], revision: 1 }),
      at: `${LENS}/plugin.toml:4`,
    },
    {
      fault: 'a signature of plugin.toml alone',
      work: (r) => ({ [`${LENS}/plugin.toml.sig`]: r.sign('author', 'release@sheaf', Buffer.from('x')) }),
      at: `${LENS}/plugin.toml.sig`,
    },
  ],
  'plain-files': [
    {
      fault: 'a file that is too large',
      work: both(release, (r) =>
        signed(r, `${LENS}/1.2.0.toml`, `#${'x'.repeat(LIMITS.changedFileBytes)}\n`, 'author'),
      ),
      at: `${LENS}/1.2.0.toml`,
    },
    {
      fault: 'a name with a line feed',
      work: both(release, () => ({ 'plugins/a\nb': 'x' })),
      at: 'plugins/a\nb',
    },
    {
      fault: 'a version that differs from a published one in case only',
      work: (r) => r.addRelease({ name: 'modern-map', version: '1.0.0-BETA' }, 'rival'),
      at: 'plugins/integrations/mo/modern-map/1.0.0-BETA.toml',
    },
  ],
  companions: [
    {
      fault: 'no signature',
      work: both(release, () => ({ [`${LENS}/1.2.0.toml.sig`]: null })),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a signature of nothing',
      work: both(release, () => ({ [`${LENS}/1.2.0.toml`]: null })),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a new plugin without plugin.toml',
      work: both(newPlugin, () => ({ [`${NEW}/plugin.toml`]: null, [`${NEW}/plugin.toml.sig`]: null })),
      at: `${NEW}/plugin.toml`,
    },
    {
      fault: 'a new plugin without a release',
      work: both(newPlugin, () => ({ [`${NEW}/1.0.0.toml`]: null, [`${NEW}/1.0.0.toml.sig`]: null })),
      at: `${NEW}/plugin.toml`,
    },
  ],
  place: [
    {
      fault: 'the name of another plugin',
      work: both(release, (r) =>
        rewritten(r, `${LENS}/1.2.0.toml`, ['name = "graph-lens"', 'name = "telescope"']),
      ),
      at: `${LENS}/1.2.0.toml:2`,
    },
    {
      fault: 'another category than its folder',
      work: (r) =>
        r.addRelease({ name: 'graph-lens', version: '1.2.0', manifest: { category: 'visualizers' } }),
      at: `${LENS}/1.2.0.toml:`,
    },
    {
      fault: 'a category that the registry does not have',
      work: both(newPlugin, (r) => moved(r, NEW, 'plugins/toys/so/something-new')),
      at: 'plugins/toys/so/something-new',
    },
    {
      fault: 'the wrong two letters',
      work: both(release, (r) =>
        moved(r, `${LENS}/1.2.0.toml`, 'plugins/integrations/le/graph-lens/1.2.0.toml'),
      ),
      at: 'plugins/integrations/le/graph-lens/1.2.0.toml',
    },
  ],
  'registry-id': [
    {
      fault: 'a release that was signed for another registry',
      work: both(release, (r) =>
        rewritten(r, `${LENS}/1.2.0.toml`, ['registry = "simulated"', 'registry = "other"']),
      ),
      at: `${LENS}/1.2.0.toml:`,
    },
    {
      fault: 'a plugin.toml of another registry',
      work: (r) => r.setPlugin('graph-lens', { registry: 'other' }),
      at: `${LENS}/plugin.toml:2`,
    },
    {
      fault: 'a review of another registry',
      work: (r) => reviewed(r, { registry: 'other' }),
      at: 'registry/reviews/gr/graph-lens/1.0.0.critic.toml:2',
    },
  ],
};

describe('a change that is in order', () => {
  const cases = CLEAN.map(([name, work, judging]) => [name, { work, judging }] as const);
  it.each(cases)('passes without a word: %s', async (_, { work, judging }) => {
    const { passed, findings } = await planting.judge(work, judging);
    expect(findings.map(said).join('\n')).toBe('');
    expect(passed).toBe(true);
  });
});

for (const [rule, cases] of Object.entries(PLANTED)) {
  describe(`the rule ${rule}`, () => {
    it.each(cases.map((one) => [one.fault, one] as const))('finds %s', async (_, planted) => {
      const { found, passed, all } = await planting.judgePlanted(rule, planted);
      expect(found, all).toMatchObject(foundOf(planted));
      expect(passed, all).toBe(planted.severity === 'warning');
    });
  });
}
