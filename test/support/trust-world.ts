import { refOf } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import { type Checkpoint, writeCheckpoint } from '../../src/core/index/checkpoint.ts';
import { DAY } from '../../src/core/instant.ts';
import {
  acceptFirstRoot,
  type CheckpointTest,
  type RegistryTrust,
  type Signatures,
} from '../../src/core/trust/trust.ts';
import type { RegistrySimulator } from '../../src/testkit/index.ts';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Bytes and signatures of a root as a client fetches them. */
export function rootOf(registry: RegistrySimulator, version: number): [Uint8Array, Signatures] {
  registry.publishRoots();
  const name = `root/${version}.signers`;
  const signatures = new Map<string, Uint8Array>();
  for (const [path, bytes] of registry.published) {
    const principal = path.startsWith(`${name}.`) ? path.slice(name.length + 1, -'.sig'.length) : undefined;
    if (principal !== undefined) signatures.set(principal, bytes);
  }
  const root = registry.published.get(name);
  if (root === undefined) throw new Error(`The registry has no ${name}.`);
  return [root, signatures];
}

export function trustOf(registry: RegistrySimulator): RegistryTrust {
  return acceptFirstRoot(...rootOf(registry, 1));
}

export function checkpointOf(registry: RegistrySimulator, change: Partial<Checkpoint> = {}): Checkpoint {
  return {
    registry: registry.id,
    epoch: 1,
    version: 1,
    root: 1,
    issued: registry.now,
    expires: registry.now + 7 * DAY,
    history: refOf(text('history')),
    source: { commit: null, facts: null },
    index: refOf(text('index')),
    ...change,
  };
}

export function signed(
  registry: RegistrySimulator,
  change: Partial<Checkpoint> = {},
  by = 'ci',
): CheckpointTest {
  const bytes = writeCheckpoint(checkpointOf(registry, change));
  return { bytes, signature: registry.sign(by, 'checkpoint@sheaf', bytes), now: registry.now };
}

export function refusal(action: () => unknown): SheafError {
  try {
    action();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

export async function refusalOf(promise: Promise<unknown>): Promise<SheafError> {
  return promise.then(
    () => {
      throw new Error('It was accepted.');
    },
    (error: unknown) => {
      if (error instanceof SheafError) return error;
      throw error;
    },
  );
}
