import { beforeEach, describe, expect, it } from 'vitest';
import { RegistrySimulator } from '../../testkit/index.ts';
import { testKey } from '../../testkit/keys.ts';
import type { OwnerRecord } from '../index/records.ts';
import { type SshPrivateKey, sameKey } from '../signatures/ssh-key.ts';
import { acceptOwnerChain } from './owner-chain.ts';

const MAINTAINERS = ['maintainer-a', 'maintainer-b'];
const DIRECTORY = 'registry/trust/owners/author/';

let registry: RegistrySimulator;

/** The files of the owner as an index may show them, with or without the signatures that an honest build demands. */
function record(): OwnerRecord {
  const files = [...registry.source].filter(([path]) => path.startsWith(DIRECTORY));
  return {
    owner: 'author',
    files: Object.fromEntries(
      files.map(([path, bytes]) => [path.slice(DIRECTORY.length), new TextDecoder().decode(bytes)]),
    ),
  };
}

const accept = (pin?: Parameters<typeof acceptOwnerChain>[2]) =>
  acceptOwnerChain(record(), registry.rootFile(), pin);

const lists = (key: SshPrivateKey) =>
  accept().some(({ file }) => file.signers.some((signer) => sameKey(signer.key, key.publicKey)));

beforeEach(() => {
  registry = new RegistrySimulator();
});

describe('the keys of an owner', () => {
  it('follow from one another by the threshold of the version before', () => {
    registry.rotateOwner('author', ['author-2'], ['author']);
    registry.rotateOwner('author', ['author-3'], ['author-2']);
    expect(accept().map(({ version, by }) => [version, by])).toEqual([
      [1, 'first'],
      [2, 'owner'],
      [3, 'owner'],
    ]);
    expect(lists(testKey('author'))).toBe(true);
  });

  it('are refused when they change without the signature of those before', () => {
    registry.rotateOwner('author', ['author-thief'], ['author-thief']);
    expect(accept).toThrow(
      expect.objectContaining({
        code: 'SHEAF_OWNER',
        message: expect.stringContaining('changed without the signature of the keys before'),
      }),
    );
  });

  it('are refused when a version before the last one signed', () => {
    registry.rotateOwner('author', ['author-2'], ['author']);
    registry.rotateOwner('author', ['author-3'], ['author']);
    expect(accept).toThrow(expect.objectContaining({ code: 'SHEAF_OWNER' }));
  });

  it('are replaced by the threshold of the recovery keys, and by no fewer', () => {
    registry.rotateOwner('author', ['author-new'], MAINTAINERS.slice(1), 'recovery@sheaf');
    expect(accept).toThrow(expect.objectContaining({ code: 'SHEAF_OWNER' }));
    registry = new RegistrySimulator();
    registry.rotateOwner('author', ['author-new'], MAINTAINERS, 'recovery@sheaf');
    expect(accept().at(-1)).toMatchObject({ version: 2, by: 'recovery' });
  });

  it('are not replaced by signatures of maintainers for anything else', () => {
    registry.rotateOwner('author', ['author-new'], MAINTAINERS, 'root@sheaf');
    expect(accept).toThrow(expect.objectContaining({ code: 'SHEAF_OWNER' }));
  });

  it('must have the version in them that was seen before', () => {
    registry.rotateOwner('author', ['author-2'], ['author']);
    const [{ version, sha256 }, second] = accept();
    expect(accept({ version, sha256 })).toHaveLength(2);
    const gone = registry.source.get(`${DIRECTORY}2.signers`)!;
    registry.source.delete(`${DIRECTORY}2.signers`);
    expect(() => accept({ version: 2, sha256: second!.sha256 })).toThrow(
      expect.objectContaining({ code: 'SHEAF_OWNER' }),
    );
    registry.source.set(`${DIRECTORY}2.signers`, gone);
    expect(accept({ version: 2, sha256: second!.sha256 })).toHaveLength(2);
  });
});
