import { describe, expect, it } from 'vitest';
import { refusal, refusalOf, rootOf, signed, text, trustOf } from '../../../test/support/trust-world.ts';
import { RegistrySimulator } from '../../testkit/index.ts';
import { refOf, sha256 } from '../digest.ts';
import type { Checkpoint } from '../index/checkpoint.ts';
import { DAY, MINUTE } from '../instant.ts';
import { acceptCheckpoint, acceptLatest, acceptRoot, type RegistryTrust, succession } from './trust.ts';

describe('a checkpoint', () => {
  it('is accepted when every rule holds', () => {
    const registry = new RegistrySimulator();
    const test = signed(registry);
    expect(acceptCheckpoint(trustOf(registry), test)).toMatchObject({
      epoch: 1,
      version: 1,
      sha256: sha256(test.bytes),
    });
  });

  const refused: readonly (readonly [string, Partial<Checkpoint>, string])[] = [
    ['of another registry', { registry: 'other' }, 'registry other'],
    ['of a later epoch than its root: a thief of the CI key jumps ahead', { epoch: 2 }, 'epoch 1'],
    ['that names a root which nobody has signed yet', { root: 2 }, 'root 2'],
  ];
  it.each(refused)('is refused when it is one %s', (_what, change, words) => {
    const registry = new RegistrySimulator();
    const error = refusal(() => acceptCheckpoint(trustOf(registry), signed(registry, change)));
    expect(error.code).toBe('SHEAF_CHECKPOINT');
    expect(error.message).toContain(words);
  });

  it('is refused when it lives longer than 30 days, not at all, or backwards', () => {
    const registry = new RegistrySimulator();
    for (const life of [30 * DAY + 1000, 0, -DAY]) {
      const test = signed(registry, { expires: registry.now + life });
      expect(refusal(() => acceptCheckpoint(trustOf(registry), test)).code).toBe('SHEAF_CHECKPOINT');
    }
    expect(
      acceptCheckpoint(trustOf(registry), signed(registry, { expires: registry.now + 30 * DAY })).version,
    ).toBe(1);
  });

  it('is refused when a maintainer, an owner or a stranger signed it', () => {
    const registry = new RegistrySimulator();
    for (const name of ['maintainer-a', 'author', 'stranger']) {
      const test = signed(registry, {}, name);
      expect(refusal(() => acceptCheckpoint(trustOf(registry), test)).code).toBe('SHEAF_SIGNATURE');
    }
  });

  it('is refused when its signature was made for another purpose', () => {
    const registry = new RegistrySimulator();
    const test = signed(registry);
    const signature = registry.sign('ci', 'witness@sheaf', test.bytes);
    expect(refusal(() => acceptCheckpoint(trustOf(registry), { ...test, signature })).code).toBe(
      'SHEAF_SIGNATURE',
    );
  });

  it('is refused with the signature of another checkpoint', () => {
    const registry = new RegistrySimulator();
    const { signature } = signed(registry, { version: 2 });
    expect(refusal(() => acceptCheckpoint(trustOf(registry), { ...signed(registry), signature })).code).toBe(
      'SHEAF_SIGNATURE',
    );
  });

  it('is refused once the root has dropped the key of CI', () => {
    const registry = new RegistrySimulator();
    registry.rotateRoot({ ci: 'new-ci' });
    const trust = acceptRoot(trustOf(registry), ...rootOf(registry, 2));
    expect(refusal(() => acceptCheckpoint(trust, signed(registry, {}, 'ci'))).code).toBe('SHEAF_SIGNATURE');
    expect(acceptCheckpoint(trust, signed(registry, {}, 'new-ci')).version).toBe(1);
  });

  it('of the old root is still accepted after a new root: it comes before its first checkpoint', () => {
    const registry = new RegistrySimulator();
    registry.rotateRoot({});
    const trust = acceptRoot(trustOf(registry), ...rootOf(registry, 2));
    expect(acceptCheckpoint(trust, signed(registry, { root: 1 })).version).toBe(1);
  });

  it('is refused when it has expired, and says the time of this machine', () => {
    const registry = new RegistrySimulator();
    const test = { ...signed(registry), now: registry.now + 7 * DAY };
    const error = refusal(() => acceptCheckpoint(trustOf(registry), test));
    expect(error.code).toBe('SHEAF_EXPIRED');
    expect(error.hint).toContain('2026-11-27');
    expect(acceptCheckpoint(trustOf(registry), { ...test, allowExpired: true }).version).toBe(1);
  });

  it('blames the clock when it was issued in the future', () => {
    const registry = new RegistrySimulator();
    const trust = trustOf(registry);
    expect(acceptCheckpoint(trust, { ...signed(registry), now: registry.now - 5 * MINUTE }).version).toBe(1);
    const error = refusal(() =>
      acceptCheckpoint(trust, { ...signed(registry), now: registry.now - 6 * MINUTE }),
    );
    expect(error.code).toBe('SHEAF_CLOCK');
    expect(error.message).toContain('clock of this machine');
    // What was accepted once stays readable for a machine whose clock went wrong since.
    const later = { ...signed(registry), now: registry.now - 900 * DAY, allowExpired: true };
    expect(acceptCheckpoint(trust, later).version).toBe(1);
  });

  it('says nothing about a checkpoint that nobody has signed', () => {
    const registry = new RegistrySimulator();
    const test = signed(registry, { registry: 'attacker-text', epoch: 99 }, 'stranger');
    const error = refusal(() => acceptCheckpoint(trustOf(registry), test));
    expect(error.code).toBe('SHEAF_SIGNATURE');
    expect(error.message).not.toContain('attacker-text');
  });
});

/** A client that has accepted the checkpoint of this number. */
function seen(registry: RegistrySimulator, version: number): RegistryTrust {
  const trust = trustOf(registry);
  return { ...trust, checkpoint: acceptCheckpoint(trust, signed(registry, { version })) };
}

const never = (): Promise<boolean> => Promise.reject(new Error('The history was asked for.'));

describe('after a checkpoint was seen', () => {
  it('an older one is a rollback, as is a latest that points to one', () => {
    const registry = new RegistrySimulator();
    const trust = seen(registry, 5);
    expect(refusal(() => acceptCheckpoint(trust, signed(registry, { version: 4 }))).code).toBe(
      'SHEAF_ROLLBACK',
    );
    expect(refusal(() => acceptLatest(trust, text('1-4\n'))).code).toBe('SHEAF_ROLLBACK');
    expect(acceptLatest(trust, text('1-5\n'))).toEqual({ epoch: 1, version: 5 });
  });

  it('a latest that is none is refused', () => {
    const registry = new RegistrySimulator();
    for (const bytes of ['', '1', '1-', '0-1\n', '1-01\n', '1-2\n\n', '<html>', `1-${'9'.repeat(40)}\n`]) {
      expect(refusal(() => acceptLatest(trustOf(registry), text(bytes))).code).toBe('SHEAF_INVALID_FILE');
    }
  });

  it('the same number with other bytes is a fork', () => {
    const registry = new RegistrySimulator();
    const trust = seen(registry, 5);
    const other = signed(registry, { version: 5, index: refOf(text('another index')) });
    expect(refusal(() => acceptCheckpoint(trust, other)).code).toBe('SHEAF_FORK');
    expect(acceptCheckpoint(trust, signed(registry, { version: 5 })).version).toBe(5);
  });

  it('a later one that does not contain it is a fork', async () => {
    const registry = new RegistrySimulator();
    const trust = seen(registry, 5);
    const next = acceptCheckpoint(trust, signed(registry, { version: 6 }));
    expect(await succession(trust, next, async () => true)).toBe('next');
    expect((await refusalOf(succession(trust, next, async () => false))).code).toBe('SHEAF_FORK');
  });

  it('the same one again needs no history, and a new epoch has none', async () => {
    const registry = new RegistrySimulator();
    const trust = seen(registry, 5);
    const same = acceptCheckpoint(trust, signed(registry, { version: 5 }));
    expect(await succession(trust, same, never)).toBe('same');
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    const recovered = acceptRoot(trust, ...rootOf(registry, 2));
    const first = acceptCheckpoint(recovered, signed(registry, { epoch: 2, root: 2 }, 'new-ci'));
    expect(await succession(recovered, first, never)).toBe('new-epoch');
  });

  it('a version that a thief pushed to the end of all numbers is left behind by a new epoch', () => {
    const registry = new RegistrySimulator();
    const trust = seen(registry, Number.MAX_SAFE_INTEGER);
    registry.rotateRoot({ epoch: 2, ci: 'new-ci' });
    const recovered = acceptRoot(trust, ...rootOf(registry, 2));
    expect(refusal(() => acceptCheckpoint(recovered, signed(registry, { version: 6 }, 'new-ci'))).code).toBe(
      'SHEAF_CHECKPOINT',
    );
    expect(acceptCheckpoint(recovered, signed(registry, { epoch: 2, version: 1 }, 'new-ci')).epoch).toBe(2);
  });

  it('the lock file of a project raises the floor for this run', () => {
    const registry = new RegistrySimulator();
    const floor = { epoch: 1, version: 7, sha256: sha256(text('locked')) };
    const trust = seen(registry, 5);
    expect(refusal(() => acceptCheckpoint(trust, { ...signed(registry, { version: 6 }), floor })).code).toBe(
      'SHEAF_ROLLBACK',
    );
    expect(refusal(() => acceptCheckpoint(trust, { ...signed(registry, { version: 7 }), floor })).code).toBe(
      'SHEAF_FORK',
    );
    expect(acceptCheckpoint(trust, { ...signed(registry, { version: 8 }), floor }).version).toBe(8);
  });
});
