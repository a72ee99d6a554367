import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addOwner,
  both,
  called,
  foundOf,
  LENS,
  moved,
  type Planted,
  type PlantingWorld,
  plantingWorld,
  release,
  type Work,
} from './support/planted-changes.ts';

/** What plugins and owners may be called, and what a maintainer may let pass: each fault in a real commit. */

let planting: PlantingWorld;
beforeAll(async () => {
  planting = await plantingWorld();
}, 60_000);
afterAll(() => planting.world.remove());

const PLANTED: Readonly<Record<string, readonly Planted[]>> = {
  'same-name-elsewhere': [
    {
      fault: 'a name that another has without its hyphen',
      work: called('tele-scope'),
      at: 'plugins/integrations/te/tele-scope',
    },
    {
      fault: 'a plugin in a second category',
      work: both(release, (r) =>
        moved(r, `${LENS}/1.2.0.toml`, 'plugins/visualizers/gr/graph-lens/1.2.0.toml'),
      ),
      at: 'plugins/visualizers/gr/graph-lens',
    },
  ],
  'name-distance': [
    { fault: 'a slip in a long name', work: called('telescop'), at: 'plugins/integrations/te/telescop' },
    { fault: 'letters that look alike', work: called('modem-map'), at: 'plugins/integrations/mo/modem-map' },
    {
      fault: 'words in another order',
      work: called('map-modern'),
      at: 'plugins/integrations/ma/map-modern',
      severity: 'warning',
    },
    {
      fault: 'a word that says nothing',
      work: called('telescope-plugin'),
      at: 'plugins/integrations/te/telescope-plugin',
      severity: 'warning',
    },
  ],
  'reserved-name': [
    { fault: 'a reserved name', work: called('of-ficial'), at: 'plugins/integrations/of/of-ficial' },
  ],
  'removed-name': [
    { fault: 'a removed name', work: called('badthing'), at: 'plugins/integrations/ba/badthing' },
  ],
  'owner-distance': [
    {
      fault: 'an owner who looks like another',
      work: (r) => addOwner(r, 'riva1', { githubId: 33 }),
      at: 'registry/trust/owners/riva1/owner.toml',
      severity: 'warning',
    },
    {
      fault: 'a slip of the fingers',
      work: (r) => addOwner(r, 'auhtor', { githubId: 33 }),
      at: 'registry/trust/owners/auhtor/owner.toml',
      severity: 'warning',
    },
    {
      fault: 'the same name with hyphens',
      work: (r) => addOwner(r, 'ri-val', { githubId: 33 }),
      at: 'registry/trust/owners/ri-val/owner.toml',
      severity: 'warning',
    },
    {
      fault: 'a word that says nothing',
      work: (r) => addOwner(r, 'rival-official', { githubId: 33 }),
      at: 'registry/trust/owners/rival-official/owner.toml',
      severity: 'warning',
    },
  ],
};

for (const [rule, cases] of Object.entries(PLANTED)) {
  describe(`the rule ${rule}`, () => {
    it.each(cases.map((one) => [one.fault, one] as const))('finds %s', async (_, planted) => {
      const { found, passed, all } = await planting.judgePlanted(rule, planted);
      expect(found, all).toMatchObject(foundOf(planted));
      expect(passed, all).toBe(planted.severity === 'warning');
    });
  });
}

describe('a waiver', () => {
  const squat = called('telescop');

  it('lets the faults of its rule pass, and still lists them', async () => {
    const { passed, findings, waived, refused } = await planting.judge(squat, { waive: ['name-distance'] });
    expect({ passed, findings, refused }).toEqual({ passed: true, findings: [], refused: [] });
    expect(waived).toMatchObject([{ rule: 'name-distance', severity: 'error' }]);
  });

  it('does nothing for a rule that protects others', async () => {
    const work: Work = (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' }, 'author', 'rival');
    const { passed, findings, waived, refused } = await planting.judge(work, { waive: ['signatures'] });
    expect({ passed, waived, refused }).toEqual({ passed: false, waived: [], refused: ['signatures'] });
    expect(findings).toMatchObject([{ rule: 'signatures' }]);
  });

  it('is refused for a rule that does not exist', async () => {
    await expect(planting.judge(squat, { waive: ['name-distanc'] })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      hint: 'Did you mean name-distance?',
    });
  });
});
