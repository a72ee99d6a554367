import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import { writeSigners } from '../src/core/signatures/signers.ts';
import { privateKeyFromSeed } from '../src/core/signatures/ssh-key.ts';
import { sign } from '../src/core/signatures/sshsig.ts';
import type { Version } from '../src/core/version.ts';
import { changeWorld } from './support/change-world.ts';
import {
  about,
  addOwner,
  both,
  file,
  foundOf,
  github,
  LENS,
  NEW,
  newOwner,
  type Planted,
  type PlantingWorld,
  plantingWorld,
  prepare,
  release,
  reviewed,
  rotation,
  text,
  transfer,
  transferred,
} from './support/planted-changes.ts';

/** Who may change what: keys, accounts, transfers and new owners, each fault in a real commit. */

let planting: PlantingWorld;
beforeAll(async () => {
  planting = await plantingWorld();
}, 60_000);
afterAll(() => planting.world.remove());

const PLANTED: Readonly<Record<string, readonly Planted[]>> = {
  submitter: [
    { fault: "somebody else's account", work: release, at: `${LENS}/1.2.0.toml`, judging: github(22) },
    {
      fault: 'the number of another forge',
      work: release,
      at: `${LENS}/1.2.0.toml`,
      judging: { submitter: { forge: 'gitlab', id: 11, login: 'author' } },
    },
    {
      fault: 'keys of an owner by somebody else',
      work: rotation,
      at: 'registry/trust/owners/author/3.signers',
      judging: github(22),
    },
    {
      fault: 'a new owner with the account of another',
      work: newOwner,
      at: 'registry/trust/owners/newcomer/1.signers',
      judging: github(44),
    },
    {
      fault: 'a new owner without an account',
      work: (r) => addOwner(r, 'newcomer'),
      at: 'registry/trust/owners/newcomer/1.signers',
      judging: github(33),
    },
    { fault: 'a transfer by a third one', work: transfer, at: `${LENS}/plugin.toml`, judging: github(44) },
    {
      fault: 'an owner of whom no account is known',
      work: (r) => r.addRelease({ name: 'lonely', version: '1.1.0' }, 'loner'),
      at: 'plugins/integrations/lo/lonely/1.1.0.toml',
      judging: github(44),
      severity: 'warning',
    },
  ],
  signatures: [
    {
      fault: 'a release signed by another owner',
      work: (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' }, 'author', 'rival'),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a release signed by a maintainer',
      work: (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' }, 'author', 'maintainer-a'),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a key that its owner has given up',
      work: (r) => r.addRelease({ name: 'telescope', version: '1.1.0' }, 'rival', 'rival-spare'),
      at: 'plugins/integrations/te/telescope/1.1.0.toml.sig',
    },
    {
      fault: 'a revoked key',
      work: (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' }, 'author', 'author-stolen'),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a signature for something else',
      work: both(release, (r) => ({
        [`${LENS}/1.2.0.toml.sig`]: r.sign('author', 'review@sheaf', file(r, `${LENS}/1.2.0.toml`)),
      })),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a signature of other bytes',
      work: both(release, (r) => ({ [`${LENS}/1.2.0.toml`]: `${text(file(r, `${LENS}/1.2.0.toml`))}\n` })),
      at: `${LENS}/1.2.0.toml.sig`,
    },
    {
      fault: 'a plugin of an owner whom the registry does not have',
      work: (r) => r.addRelease({ name: 'something-new', version: '1.0.0' }, 'nobody', 'author'),
      at: `${NEW}/1.0.0.toml`,
    },
    {
      fault: 'a plugin.toml signed by another',
      work: (r) => r.setPlugin('graph-lens', { keywords: ['mine'] }, 'rival'),
      at: `${LENS}/plugin.toml.sig`,
    },
    {
      fault: 'a plugin.toml with its old signature',
      work: (r) => {
        const sig = file(r, `${LENS}/plugin.toml.sig`);
        r.setPlugin('graph-lens', { keywords: ['graph'] });
        return { [`${LENS}/plugin.toml.sig`]: sig };
      },
      at: `${LENS}/plugin.toml.sig`,
    },
    {
      fault: 'new keys that the old ones did not sign',
      work: (r) => r.rotateOwner('author', ['author-new'], ['author-new']),
      at: 'registry/trust/owners/author/3.signers',
    },
    {
      fault: 'new keys that only a revoked key signed',
      work: (r) => r.rotateOwner('author', ['author-new'], ['author-stolen']),
      at: 'registry/trust/owners/author/3.signers',
    },
    {
      fault: 'new keys with a revoked one among them',
      work: (r) => r.rotateOwner('author', ['author', 'author-stolen'], ['author']),
      at: 'registry/trust/owners/author/3.signers',
    },
    {
      fault: 'a recovery by fewer maintainers than the threshold',
      work: (r) => r.rotateOwner('loner', ['loner-again'], ['maintainer-a'], 'recovery@sheaf'),
      at: 'registry/trust/owners/loner/2.signers',
    },
    {
      fault: 'rubbish beside a good rotation',
      work: both(rotation, () => ({ 'registry/trust/owners/author/3.signers.mallory.sig': 'rubbish\n' })),
      at: 'registry/trust/owners/author/3.signers.mallory.sig',
    },
    {
      fault: 'keys of which the private half is published',
      work: (r) => {
        const key = privateKeyFromSeed(
          Buffer.from(sha256(Buffer.from('sheaf demo key: dana')), 'hex'),
          'dana',
        );
        const namespaces = ['owner@sheaf', 'release@sheaf'] as const;
        const signers = [{ principal: 'newcomer', namespaces, key: key.publicKey }];
        const header = { kind: 'owner', registry: r.id, owner: 'newcomer', version: 1 } as const;
        const bytes = writeSigners({ ...header, epoch: 0, threshold: 1, signers });
        const directory = 'registry/trust/owners/newcomer';
        return {
          [`${directory}/owner.toml`]: about('https://git.example.org/newcomer/'),
          [`${directory}/1.signers`]: bytes,
          [`${directory}/1.signers.newcomer.sig`]: sign(key, 'owner@sheaf', bytes),
        };
      },
      at: 'registry/trust/owners/newcomer/1.signers',
    },
    {
      fault: 'a review by nobody whom the registry lists',
      work: (r) => reviewed(r, {}, 'rival'),
      at: 'registry/reviews/gr/graph-lens/1.0.0.critic.toml.sig',
    },
    {
      fault: 'a review of other bytes',
      work: (r) => reviewed(r, { manifest: sha256(Buffer.from('other')) }),
      at: 'registry/reviews/gr/graph-lens/1.0.0.critic.toml',
    },
    {
      fault: 'a review of a version that is not there',
      work: (r) => reviewed(r, { version: '9.0.0' as Version }),
      at: 'registry/reviews/gr/graph-lens/9.0.0.critic.toml',
    },
  ],
  transfer: [
    {
      fault: 'another owner without a transfer',
      work: (r) => r.setPlugin('graph-lens', { owner: 'rival' }, 'rival'),
      at: `${LENS}/plugin.toml:5`,
    },
    {
      fault: 'a transfer that only the new owner signed',
      work: (r) => transferred(r, {}, ['rival']),
      at: `${LENS}/transfer-2.toml`,
    },
    {
      fault: 'a transfer that only the old owner signed',
      work: (r) => transferred(r, {}, ['author']),
      at: `${LENS}/transfer-2.toml`,
    },
    {
      fault: 'a transfer that leaves out a release',
      work: (r) => transferred(r, { releases: {} }),
      at: `${LENS}/transfer-2.toml`,
    },
    {
      fault: 'a transfer of a plugin that its giver does not have',
      work: (r) => transferred(r, { from: 'loner' }, ['loner', 'rival']),
      at: `${LENS}/transfer-2.toml`,
    },
    {
      fault: 'a transfer without its plugin.toml',
      work: (r) => {
        const [before, sig] = [file(r, `${LENS}/plugin.toml`), file(r, `${LENS}/plugin.toml.sig`)];
        return { ...transferred(r), [`${LENS}/plugin.toml`]: before, [`${LENS}/plugin.toml.sig`]: sig };
      },
      at: `${LENS}/transfer-2.toml`,
    },
  ],
  'owner-files': [
    {
      fault: 'a new owner without owner.toml',
      work: both(newOwner, () => ({ 'registry/trust/owners/newcomer/owner.toml': null })),
      at: 'registry/trust/owners/newcomer/owner.toml',
    },
    {
      fault: 'a new owner without keys',
      work: () => ({ 'registry/trust/owners/newcomer/owner.toml': about('https://git.example.org/new/') }),
      at: 'registry/trust/owners/newcomer/1.signers',
    },
    {
      fault: 'a first key file that nobody signed',
      work: both(newOwner, () => ({ 'registry/trust/owners/newcomer/1.signers.newcomer.sig': null })),
      at: 'registry/trust/owners/newcomer/1.signers',
    },
    {
      fault: 'addresses of another owner',
      work: both(newOwner, () => ({
        'registry/trust/owners/newcomer/owner.toml': about('https://git.example.org/rival/telescope/'),
      })),
      at: 'registry/trust/owners/newcomer/owner.toml:',
    },
    {
      fault: 'addresses that comprise those of others',
      work: both(newOwner, () => ({
        'registry/trust/owners/newcomer/owner.toml': about('https://git.example.org/'),
      })),
      at: 'registry/trust/owners/newcomer/owner.toml:',
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

describe('what a change is judged by', () => {
  it('is the base, as new as it is: keys that were replaced meanwhile count no more', async () => {
    const later = await changeWorld(prepare);
    try {
      const proposed = await later.propose(release);
      later.registry.rotateOwner('author', ['author-new'], ['author']);
      const base = await later.commitRegistry();
      const { findings } = await later.judge({ ...proposed, base });
      expect(findings).toMatchObject([{ rule: 'signatures', place: { file: `${LENS}/1.2.0.toml.sig` } }]);
    } finally {
      await later.remove();
    }
  }, 60_000);

  it('is never what the change itself brings: an owner who adds keys cannot sign with them in the same change', async () => {
    const { passed, findings } = await planting.judge(
      both(
        (r) => r.rotateOwner('author', ['author', 'author-new'], ['author-new']),
        (r) => r.addRelease({ name: 'graph-lens', version: '1.2.0' }, 'author', 'author-new'),
      ),
    );
    expect(passed).toBe(false);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['nothing-else', 'signatures']));
  });

  it('tells a release apart from the one before it', async () => {
    const { release: submitted, purpose } = await planting.judge((r) =>
      r.addRelease({ name: 'graph-lens', version: '1.2.0', tier: 'native' }),
    );
    expect(purpose).toBe('release');
    expect(submitted).toEqual({
      owner: 'author',
      plugin: 'graph-lens',
      version: '1.2.0',
      category: 'integrations',
      tier: 'native',
      capabilities: [],
      before: { version: '1.0.0', owner: 'author', tier: 'wasm', capabilities: [] },
    });
  });
});
