import { beforeEach, describe, expect, it } from 'vitest';
import { RegistrySimulator, testKey } from '../../testkit/index.ts';
import { type Sha256, sha256 } from '../digest.ts';
import { type TransferFile, writeTransferFile } from '../formats/transfer-file.ts';
import { pluginName } from '../plugin-name.ts';
import { type SshPublicKey, sameKey } from '../signatures/ssh-key.ts';
import type { Version } from '../version.ts';
import { acceptOwnerChain, type OwnerChain } from './owner-chain.ts';
import {
  chainsVouchedFor,
  ownersNamedIn,
  type ProvenTransfer,
  provenTransfers,
  transfersAmong,
  wayBetween,
} from './transfers.ts';

const PLUGIN = pluginName('graph-lens');
const V1 = '1.0.0' as Version;
const MANIFEST: Sha256 = sha256(new Uint8Array([1]));
const nobody = (): boolean => false;

let registry: RegistrySimulator;
let files: Record<string, string>;

/** A transfer among the files of the plugin, signed under these names. */
function add(change: Partial<TransferFile>, signedBy: readonly string[]): void {
  const file: TransferFile = {
    registry: registry.id,
    plugin: PLUGIN,
    revision: 2,
    from: 'author',
    to: 'heir',
    releases: { [V1]: MANIFEST },
    ...change,
  };
  const bytes = writeTransferFile(file);
  const name = `transfer-${file.revision}.toml`;
  files[name] = new TextDecoder().decode(bytes);
  for (const principal of signedBy) {
    const signature = registry.sign(principal, 'owner@sheaf', bytes);
    files[`${name}.${principal}.sig`] = new TextDecoder().decode(signature);
  }
}

function chainOf(owner: string): OwnerChain {
  const directory = `registry/trust/owners/${owner}/`;
  const own = [...registry.source].filter(([path]) => path.startsWith(directory));
  const texts = own.map(([path, bytes]) => [path.slice(directory.length), new TextDecoder().decode(bytes)]);
  return acceptOwnerChain({ owner, files: Object.fromEntries(texts) }, registry.rootFile(), undefined);
}

function proven(isRevoked: (key: SshPublicKey) => boolean = nobody): readonly ProvenTransfer[] {
  const chains = new Map(['author', 'heir', 'third'].map((owner) => [owner, chainOf(owner)] as const));
  return provenTransfers(transfersAmong(files, registry.id, PLUGIN), chains, isRevoked);
}

beforeEach(() => {
  registry = new RegistrySimulator();
  for (const owner of ['heir', 'third']) registry.addOwner(owner);
  files = { 'plugin.toml': '', '1.0.0.toml': '' };
});

describe('a transfer', () => {
  it('counts with the signatures of both owners', () => {
    add({}, ['author', 'heir']);
    expect(proven().map(({ file }) => [file.from, file.to])).toEqual([['author', 'heir']]);
    expect([...ownersNamedIn(transfersAmong(files, registry.id, PLUGIN))]).toEqual(['author', 'heir']);
  });

  it('does not count with one of them, nor with that of somebody else', () => {
    for (const signers of [[], ['author'], ['heir'], ['author', 'third'], ['third', 'heir']]) {
      files = {};
      add({}, signers);
      expect(proven()).toEqual([]);
    }
  });

  it('does not count with a signature that was made for a release', () => {
    add({}, ['heir']);
    const bytes = new TextEncoder().encode(files['transfer-2.toml']);
    const signature = registry.sign('author', 'release@sheaf', bytes);
    files['transfer-2.toml.author.sig'] = new TextDecoder().decode(signature);
    expect(proven()).toEqual([]);
  });

  it('does not count with a key that was revoked', () => {
    add({}, ['author', 'heir']);
    expect(proven((key) => sameKey(key, testKey('author').publicKey))).toEqual([]);
  });

  it('counts with the keys that an owner had when it was signed, after they were rotated', () => {
    add({}, ['author', 'heir']);
    registry.rotateOwner('author', ['author-2'], ['author']);
    expect(proven()).toHaveLength(1);
  });

  it('of another registry, plugin or revision is refused', () => {
    for (const change of [{ registry: 'other' }, { plugin: pluginName('other') }]) {
      files = {};
      add(change, ['author', 'heir']);
      expect(proven).toThrow(expect.objectContaining({ code: 'SHEAF_INVALID_FILE' }));
    }
    files = {};
    add({}, ['author', 'heir']);
    files['transfer-3.toml'] = files['transfer-2.toml'] ?? '';
    expect(proven).toThrow(expect.objectContaining({ code: 'SHEAF_INVALID_FILE' }));
  });
});

describe('the way from one owner to another', () => {
  beforeEach(() => {
    add({ revision: 2, from: 'author', to: 'heir' }, ['author', 'heir']);
    add({ revision: 5, from: 'heir', to: 'third' }, ['heir', 'third']);
    add({ revision: 7, from: 'third', to: 'author' }, ['third', 'author']);
  });

  const way = (from: string, to: string, after: number, upTo: number) =>
    wayBetween(proven(), { from, to }, { after, upTo })?.map(({ file }) => file.revision);

  it('may have several steps, in the order of their revisions', () => {
    expect(way('author', 'third', 1, 6)).toEqual([2, 5]);
    expect(way('heir', 'author', 3, 9)).toEqual([5, 7]);
  });

  it('does not go over a transfer that lies before what was seen: it could be replayed after the plugin came back', () => {
    expect(way('author', 'heir', 7, 9)).toBeUndefined();
    expect(way('author', 'heir', 1, 9)).toBeUndefined();
  });

  it('does not go further than the revision that is offered', () => {
    expect(way('author', 'third', 1, 4)).toBeUndefined();
  });

  it('leads nowhere without a step that somebody signed', () => {
    delete files['transfer-5.toml.heir.sig'];
    expect(way('author', 'third', 1, 6)).toBeUndefined();
  });
});

describe('what the owner before has released', () => {
  it('is vouched for by its digest, and nothing else of theirs', () => {
    add({}, ['author', 'heir']);
    const owners = (version: Version, digest: Sha256) =>
      chainsVouchedFor(proven(), version, digest).map(([first]) => first.file.owner);
    expect(owners(V1, MANIFEST)).toEqual(['author']);
    expect(owners(V1, sha256(new Uint8Array([2])))).toEqual([]);
    expect(owners('1.1.0' as Version, MANIFEST)).toEqual([]);
  });
});
