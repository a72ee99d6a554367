import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import type { OwnerRecord } from '../../src/core/index/records.ts';
import { pluginName } from '../../src/core/plugin-name.ts';
import { requireThreshold } from '../../src/core/signatures/signers.ts';
import { acceptOwnerChain } from '../../src/core/trust/owner-chain.ts';
import { acceptRoot } from '../../src/core/trust/trust.ts';
import { unpackArtifact } from '../../src/io/archives/archive.ts';
import { toSheafError } from '../../src/io/files.ts';
import { RegistrySimulator } from '../../src/testkit/index.ts';
import { tgz } from '../support/raw-tar.ts';
import { refusal, rootOf, text, trustOf } from '../support/trust-world.ts';

/** Faults that update systems and installers have really had, each as what must not happen here. */

describe('known from others:', () => {
  it('a threshold that is counted by signatures is met by one key that signs twice', () => {
    const registry = new RegistrySimulator();
    const root = registry.rootFile();
    const message = text('the next root');
    const once = registry.sign('maintainer-a', 'root@sheaf', message);
    const copies = new Map(root.signers.map(({ principal }) => [principal, once]));
    expect(copies.size).toBeGreaterThan(root.threshold);
    expect(refusal(() => requireThreshold(root, 'root@sheaf', message, copies, 'it')).code).toBe(
      'SHEAF_THRESHOLD',
    );
    copies.set('maintainer-b', registry.sign('maintainer-b', 'root@sheaf', message));
    expect(() => requireThreshold(root, 'root@sheaf', message, copies, 'it')).not.toThrow();
  });

  it('any root that the current keys signed is accepted as the next one, whatever its version', () => {
    const registry = new RegistrySimulator();
    const trust = trustOf(registry);
    registry.rotateRoot({});
    registry.rotateRoot({});
    const [third, signatures] = rootOf(registry, 3);
    expect(refusal(() => acceptRoot(trust, third, signatures)).code).toBe('SHEAF_ROOT');
    expect(refusal(() => acceptRoot(trust, ...rootOf(registry, 1))).code).toBe('SHEAF_ROOT');
    const second = acceptRoot(trust, ...rootOf(registry, 2));
    expect(acceptRoot(second, third, signatures).root.version).toBe(3);
  });

  it('what was verified for one delegation counts as verified for another', () => {
    const registry = new RegistrySimulator();
    registry.addOwner('neighbour');
    registry.rotateOwner('author', ['author-2'], ['author']);
    const record = (owner: string): OwnerRecord => {
      const directory = `registry/trust/owners/${owner}/`;
      const files = [...registry.source].filter(
        ([path]) => path.startsWith(directory) && !path.endsWith('.toml'),
      );
      return {
        owner,
        files: Object.fromEntries(
          files.map(([path, bytes]) => [path.slice(directory.length), new TextDecoder().decode(bytes)]),
        ),
      };
    };
    const root = registry.rootFile();
    const author = record('author');
    expect(acceptOwnerChain(author, root, undefined)).toHaveLength(2);
    // The same second file, its signature verified a moment ago, below another owner's first one.
    const grafted = { ...record('neighbour').files, '2.signers': author.files['2.signers'] ?? '' };
    const signature = author.files['2.signers.author.sig'] ?? '';
    for (const files of [
      grafted,
      { ...grafted, '2.signers.author.sig': signature },
      { ...grafted, '2.signers.neighbour.sig': signature },
    ]) {
      expect(refusal(() => acceptOwnerChain({ owner: 'neighbour', files }, root, undefined)).code).toBe(
        'SHEAF_OWNER',
      );
    }
  });

  it('an archive whose bad entries are skipped is reported as unpacked', async () => {
    const home = await mkdtemp(join(tmpdir(), 'sheaf-known-'));
    onTestFinished(() => rm(home, { recursive: true }));
    const bytes = tgz(
      { name: 'good.txt', body: 'good' },
      { name: '../evil', body: 'evil' },
      { name: 'also-good.txt' },
    );
    const path = join(home, 'release.tar.gz');
    await writeFile(path, bytes);
    const artifact = {
      kind: 'archive',
      platform: 'any',
      url: 'https://plugins.example/release.tar.gz',
      sha256: sha256(bytes),
    } as const;
    const order = { plugin: pluginName('graph-lens'), artifact, path, destination: join(home, 'unpacked') };
    await expect(unpackArtifact(order)).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
    expect(await readdir(home)).toEqual(['release.tar.gz']);
  });

  it('a refusal that wraps no error is no error itself', () => {
    const refusals = [
      toSheafError(Object.assign(new Error(), { code: 'EACCES' }), 'writing'),
      new SheafError('SHEAF_SIGNATURE', 'It is not signed.', { cause: undefined }),
    ];
    for (const one of refusals)
      expect(() => {
        throw one;
      }).toThrow(SheafError);
    // What is not understood is passed on and never swallowed, nothing at all included.
    for (const thrown of [undefined, null, 0, '', new Error('other')]) {
      let caught: unknown = 'nothing was thrown';
      try {
        toSheafError(thrown, 'writing');
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
    }
  });
});
