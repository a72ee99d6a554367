import { describe, expect, it } from 'vitest';
import { RegistrySimulator, testKey } from '../../testkit/index.ts';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { acceptCheckpoint, acceptFirstRoot } from './trust.ts';
import {
  newTrustState,
  readTrustState,
  type TrustState,
  withEvidence,
  writeTrustState,
} from './trust-state.ts';

const NAME = 'graph-lens' as PluginName;

async function fullState(): Promise<TrustState> {
  const registry = new RegistrySimulator({ maintainers: ['maintainer-a'], threshold: 1 });
  await registry.publish();
  const root = registry.published.get('root/1.signers')!;
  const trust = acceptFirstRoot(
    root,
    new Map([['maintainer-a', registry.sign('maintainer-a', 'root@sheaf', root)]]),
  );
  const checkpoint = acceptCheckpoint(trust, {
    bytes: registry.published.get('checkpoints/1-1.json')!,
    signature: registry.published.get('checkpoints/1-1.json.sig')!,
    now: registry.now,
  });
  const state: TrustState = {
    ...newTrustState({ ...trust, checkpoint }),
    owners: new Map([['author', { version: 2, sha256: sha256(root) }]]),
    plugins: new Map([[NAME, { owner: 'author', revision: 3 }]]),
    recoveries: new Map([['author', { version: 3, sha256: sha256(root), firstSeen: registry.now }]]),
    revoked: [{ key: testKey('lost').publicKey, from: { epoch: 1, version: 4 }, reason: 'stolen laptop' }],
    restrictions: [
      {
        plugin: NAME,
        kind: 'quarantine',
        version: '1.0.0' as Version,
        date: registry.now,
        reason: 'odd traffic',
      },
      { plugin: NAME, kind: 'revoke-tier', tier: 'native', date: registry.now, reason: 'no review' },
    ],
    consents: new Map([[NAME, ['query', 'read-isg']]]),
  };
  return withEvidence(state, 'fork', checkpoint, checkpoint);
}

describe('the trust state', () => {
  it('comes back from its file as it went in', async () => {
    const state = await fullState();
    expect(readTrustState(writeTrustState(state), state.rootId)).toEqual(state);
  });

  it('is the same bytes in whatever order it was learned', async () => {
    const state = await fullState();
    const more = new Map([...state.owners, ['zoe', { version: 1, sha256: state.rootId }] as const]);
    const reversed = new Map([...more].toReversed());
    expect(writeTrustState({ ...state, owners: more })).toEqual(
      writeTrustState({ ...state, owners: reversed }),
    );
  });

  it('refuses the file of another registry', async () => {
    const state = await fullState();
    expect(() => readTrustState(writeTrustState(state), sha256(new Uint8Array()))).toThrow(SheafError);
  });

  it('refuses a key too many, one too few and a wrong type, at every place', async () => {
    const state = await fullState();
    const edit = (change: (value: Record<string, never>) => unknown): Uint8Array => {
      const value = JSON.parse(new TextDecoder().decode(writeTrustState(state))) as Record<string, never>;
      change(value);
      return new TextEncoder().encode(JSON.stringify(value));
    };
    const read = (bytes: Uint8Array): TrustState => readTrustState(bytes, state.rootId);
    expect(() => read(edit((value) => Object.assign(value, { more: 1 })))).toThrow(SheafError);
    for (const key of Object.keys(JSON.parse(new TextDecoder().decode(writeTrustState(state))) as object)) {
      expect(() => read(edit((value) => Object.assign(value, { [key]: 7 })))).toThrow(SheafError);
      if (key === 'checkpoint') continue;
      expect(() => read(edit((value) => Reflect.deleteProperty(value, key)))).toThrow(SheafError);
    }
  });

  it('keeps each contradiction once, and not without bound', async () => {
    let state = await fullState();
    const seen = state.checkpoint!;
    for (let n = 0; n < 40; n += 1) {
      const offered = { ...seen, bytes: new TextEncoder().encode(`fork ${n % 30}`) };
      state = withEvidence(state, 'fork', seen, offered);
    }
    expect(state.evidence).toHaveLength(16);
    expect(new Set(state.evidence.map((piece) => piece.offered.file)).size).toBe(16);
  });
});
