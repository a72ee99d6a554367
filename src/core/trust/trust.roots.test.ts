import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { refusal, rootOf, text, trustOf } from '../../../test/support/trust-world.ts';
import { RegistrySimulator, testKey } from '../../testkit/index.ts';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { DAY } from '../instant.ts';
import { writeSigners } from '../signatures/signers.ts';
import { privateKeyFromSeed } from '../signatures/ssh-key.ts';
import { sign } from '../signatures/sshsig.ts';
import { acceptFirstRoot, acceptRoot, type RegistryTrust, requireLiveRoot } from './trust.ts';

describe('the chain of roots', () => {
  it('begins with a root that its own threshold signed', () => {
    const registry = new RegistrySimulator();
    const trust = trustOf(registry);
    expect(trust.registry).toBe('simulated');
    expect(trust.rootId).toBe(registry.rootId);
  });

  it('refuses a first root that too few of its keys signed', () => {
    const registry = new RegistrySimulator();
    const [bytes, signatures] = rootOf(registry, 1);
    const one = new Map([...signatures].slice(0, 1));
    expect(refusal(() => acceptFirstRoot(bytes, one)).code).toBe('SHEAF_THRESHOLD');
  });

  it('counts keys, not signatures: one key under two names does not make two', () => {
    const registry = new RegistrySimulator();
    const [bytes, signatures] = rootOf(registry, 1);
    const [[name, signature] = ['', new Uint8Array()]] = [...signatures];
    const twice = new Map([
      [name, signature],
      ['maintainer-b', signature],
      ['maintainer-c', signature],
    ]);
    expect(refusal(() => acceptFirstRoot(bytes, twice)).code).toBe('SHEAF_THRESHOLD');
  });

  it('refuses a root that the key of CI signed: its role is another one', () => {
    const registry = new RegistrySimulator({ maintainers: ['maintainer-a'], threshold: 1 });
    const [bytes] = rootOf(registry, 1);
    const signatures = new Map([['ci', registry.sign('ci', 'root@sheaf', bytes)]]);
    expect(refusal(() => acceptFirstRoot(bytes, signatures)).code).toBe('SHEAF_THRESHOLD');
  });

  it('refuses a root signature that was made for another purpose', () => {
    const registry = new RegistrySimulator({ maintainers: ['maintainer-a'], threshold: 1 });
    const [bytes] = rootOf(registry, 1);
    const signatures = new Map([['maintainer-a', registry.sign('maintainer-a', 'status@sheaf', bytes)]]);
    expect(refusal(() => acceptFirstRoot(bytes, signatures)).code).toBe('SHEAF_THRESHOLD');
  });

  it('refuses to skip a version', () => {
    const registry = new RegistrySimulator();
    registry.rotateRoot({});
    registry.rotateRoot({});
    expect(refusal(() => acceptRoot(trustOf(registry), ...rootOf(registry, 3))).code).toBe('SHEAF_ROOT');
  });

  it('refuses the same version again', () => {
    const registry = new RegistrySimulator();
    expect(refusal(() => acceptRoot(trustOf(registry), ...rootOf(registry, 1))).code).toBe('SHEAF_ROOT');
  });

  it('refuses the root of another registry', () => {
    const registry = new RegistrySimulator();
    const other = new RegistrySimulator({ id: 'other' });
    other.rotateRoot({});
    expect(refusal(() => acceptRoot(trustOf(registry), ...rootOf(other, 2))).message).toContain(
      'registry other',
    );
  });

  it('refuses a root that goes back to an earlier epoch', () => {
    const registry = new RegistrySimulator();
    registry.rotateRoot({ epoch: 2 });
    const trust = acceptRoot(trustOf(registry), ...rootOf(registry, 2));
    registry.rotateRoot({ epoch: 1 });
    expect(refusal(() => acceptRoot(trust, ...rootOf(registry, 3))).code).toBe('SHEAF_ROOT');
  });

  it('follows expired roots and then refuses to stop at one', () => {
    const registry = new RegistrySimulator();
    registry.rotateRoot({ expires: registry.now - DAY });
    const expired = acceptRoot(trustOf(registry), ...rootOf(registry, 2));
    expect(refusal(() => requireLiveRoot(expired, registry.now)).code).toBe('SHEAF_ROOT_EXPIRED');
    registry.rotateRoot({ expires: registry.now + DAY });
    const living = acceptRoot(expired, ...rootOf(registry, 3));
    expect(() => requireLiveRoot(living, registry.now)).not.toThrow();
  });

  it('refuses the demonstration keys outside of the reference registry', () => {
    const seed = Buffer.from(sha256(text('sheaf demo key: alice')), 'hex');
    const privateKey = privateKeyFromSeed(seed, 'alice');
    const file = (registry: string): Uint8Array =>
      writeSigners({
        kind: 'root',
        registry,
        version: 1,
        epoch: 1,
        threshold: 1,
        expires: 1_900_000_000_000,
        signers: [
          {
            principal: 'alice',
            namespaces: ['root@sheaf', 'status@sheaf', 'recovery@sheaf'],
            key: privateKey.publicKey,
          },
          { principal: 'ci', namespaces: ['checkpoint@sheaf'], key: testKey('ci').publicKey },
        ],
      });
    const accept = (bytes: Uint8Array): RegistryTrust =>
      acceptFirstRoot(bytes, new Map([['alice', sign(privateKey, 'root@sheaf', bytes)]]));
    expect(refusal(() => accept(file('mine'))).message).toContain('demonstration key "alice"');
    expect(accept(file('sheaf-example-plugins')).registry).toBe('sheaf-example-plugins');
  });
});

/** The next trust, or the refusal. */
function attempt(accept: () => RegistryTrust): RegistryTrust | SheafError {
  try {
    return accept();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
}

interface RotationCase {
  readonly name: string;
  readonly versions: readonly {
    readonly keys: readonly number[];
    readonly threshold: number;
    readonly signed_by: readonly number[];
    readonly accepted: boolean;
  }[];
}

const VECTORS = new URL('../../../../shared/vectors/root-rotation.json', import.meta.url);
const hasVectors = existsSync(VECTORS);
if (!hasVectors) console.warn('Skipped: the root rotation vectors are not beside the project.');
const cases = hasVectors ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as readonly RotationCase[]) : [];

describe.skipIf(!hasVectors)('the key rotations of the TUF conformance suite', () => {
  it('are fifteen', () => {
    expect(cases).toHaveLength(15);
  });

  it.each(cases.map((one) => [one.name, one.versions] as const))('%s', (_name, versions) => {
    const registry = new RegistrySimulator({ maintainers: ['unused'], threshold: 1 });
    let trust: RegistryTrust | undefined;
    for (const [index, version] of versions.entries()) {
      const bytes = writeSigners({
        kind: 'root',
        registry: registry.id,
        version: index + 1,
        epoch: 1,
        threshold: version.threshold,
        expires: registry.now + DAY,
        signers: [
          ...version.keys.map((key) => ({
            principal: `key-${key}`,
            namespaces: ['root@sheaf', 'status@sheaf', 'recovery@sheaf'] as const,
            key: testKey(`key-${key}`).publicKey,
          })),
          { principal: 'ci', namespaces: ['checkpoint@sheaf'], key: testKey('ci').publicKey },
        ],
      });
      const signatures = new Map(
        version.signed_by.map((key) => [`key-${key}`, registry.sign(`key-${key}`, 'root@sheaf', bytes)]),
      );
      const before = trust;
      const accept = (): RegistryTrust =>
        before === undefined ? acceptFirstRoot(bytes, signatures) : acceptRoot(before, bytes, signatures);
      const outcome = attempt(accept);
      expect(outcome instanceof SheafError ? outcome.code : 'accepted').toBe(
        version.accepted ? 'accepted' : 'SHEAF_THRESHOLD',
      );
      if (!(outcome instanceof SheafError)) trust = outcome;
    }
  });
});
