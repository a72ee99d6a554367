import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import { checkpointPath, LATEST_PATH, readCheckpoint, readLatest } from '../../src/core/index/checkpoint.ts';
import { readAllowedSigners, readKeyList } from '../../src/core/signatures/allowed-signers.ts';
import { readRevoked } from '../../src/core/signatures/revoked.ts';
import { readSigners } from '../../src/core/signatures/signers.ts';
import { readArmor, writeArmor } from '../../src/core/signatures/ssh-armor.ts';
import {
  formatPrivateKey,
  formatPublicKey,
  parsePrivateKey,
  parsePublicKey,
  readKeyBlob,
} from '../../src/core/signatures/ssh-key.ts';
import { signerOf } from '../../src/core/signatures/sshsig.ts';
import { acceptFirstRoot } from '../../src/core/trust/trust.ts';
import { newTrustState, readTrustState, writeTrustState } from '../../src/core/trust/trust-state.ts';
import { registryAdd } from '../../src/ops/registries/registry-add.ts';
import { memoryPorts, memorySource, type RegistrySimulator, testKey } from '../../src/testkit/index.ts';
import { damaged, FUZZ_TIMEOUT, fuzzing, refusesAtMost, requireHonest } from '../support/fuzzing.ts';
import { honestFiles, honestRegistry } from '../support/honest-files.ts';
import { rootOf } from '../support/trust-world.ts';

/** Every file that carries trust, damaged: it is read, or refused with a sentence. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const KEY = testKey('fuzz');
const refuse = (problem: string): SheafError => new SheafError('SHEAF_SIGNATURE', problem);

let registry: RegistrySimulator;
let trustFile: Uint8Array;

beforeAll(async () => {
  registry = await honestRegistry();
  const ports = memoryPorts(registry.now, () => memorySource(registry.published));
  await registryAdd(ports, { url: 'memory', root: registry.rootId, yes: false });
  trustFile =
    ports.user.trust.get(registry.rootId) ??
    writeTrustState(newTrustState(acceptFirstRoot(...rootOf(registry, 1))));
});

const MESSAGE = encoder.encode('message');
const files = honestFiles();
const published = (path: string): Uint8Array => registry.published.get(path) ?? new Uint8Array();

/** What is read, what honest ones look like, and the reader. */
const READERS: readonly [string, () => readonly Uint8Array[], (bytes: Uint8Array) => unknown][] = [
  [
    'a signature',
    () => [registry.sign('fuzz', 'release@sheaf', MESSAGE), ...(files.get('release-signature') ?? [])],
    (bytes) => signerOf(bytes, 'release@sheaf', MESSAGE, 'it'),
  ],
  [
    'the binary form of a signature',
    () => [readArmor('SSH SIGNATURE', registry.sign('fuzz', 'release@sheaf', MESSAGE), refuse)],
    (bytes) => signerOf(writeArmor('SSH SIGNATURE', bytes), 'release@sheaf', MESSAGE, 'it'),
  ],
  [
    'an armored block',
    () => [writeArmor('SSH SIGNATURE', MESSAGE)],
    (bytes) => readArmor('SSH SIGNATURE', bytes, refuse),
  ],
  [
    'a public key',
    () => [encoder.encode(`${formatPublicKey(KEY.publicKey)} somebody@example`)],
    (bytes) => parsePublicKey(decoder.decode(bytes)),
  ],
  [
    'the binary form of a public key',
    () => [Buffer.from(formatPublicKey(KEY.publicKey).split(' ')[1] ?? '', 'base64')],
    (bytes) => readKeyBlob(bytes, refuse),
  ],
  ['a private key', () => [formatPrivateKey(KEY)], parsePrivateKey],
  [
    'a root',
    () => [published('root/1.signers'), ...(files.get('root') ?? [])],
    (bytes) => readSigners(bytes, 'root/1.signers'),
  ],
  ['an owner file', () => files.get('owner-signers') ?? [], (bytes) => readSigners(bytes, '1.signers')],
  [
    'a list of allowed signers that a person keeps',
    () => [published('root/1.signers'), ...(files.get('owner-signers') ?? [])],
    (bytes) => readAllowedSigners(bytes, 'reviewers.signers'),
  ],
  [
    'a list of keys',
    () => [published(LATEST_PATH), ...(files.get('revoked') ?? [])],
    (bytes) => readKeyList(bytes, 'keys'),
  ],
  [
    'the revoked keys',
    () => [
      registry.source.get('registry/trust/revoked') ?? new Uint8Array(),
      ...(files.get('revoked') ?? []),
    ],
    (bytes) => readRevoked(bytes, 'revoked'),
  ],
  [
    'a checkpoint',
    () => [published(checkpointPath({ epoch: 1, version: 1 }))],
    (bytes) => readCheckpoint(bytes),
  ],
  ['latest', () => [published(LATEST_PATH)], readLatest],
  ['the trust state of this machine', () => [trustFile], (bytes) => readTrustState(bytes, registry.rootId)],
  [
    'a first root with damaged signatures',
    () => [rootOf(registry, 1)[1].get('maintainer-a') ?? new Uint8Array()],
    (bytes) => {
      const [root, signatures] = rootOf(registry, 1);
      return acceptFirstRoot(root, new Map(signatures).set('maintainer-a', bytes));
    },
  ],
];

describe('damaged in any way,', () => {
  it.each(READERS)(
    '%s is read or refused with a sentence',
    (_, samples, read) => {
      requireHonest(samples(), read);
      expect(() =>
        fc.assert(
          fc.property(damaged(samples()), (bytes) => refusesAtMost(() => read(bytes))),
          fuzzing(150),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});
