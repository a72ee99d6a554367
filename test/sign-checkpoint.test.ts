import { execFile } from 'node:child_process';
import { appendFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { refOf, sha256 } from '../src/core/digest.ts';
import {
  checkpointPath,
  readCheckpoint,
  writeCheckpoint,
  writeLatest,
} from '../src/core/index/checkpoint.ts';
import { historyIncludes, readHistory, writeHistory } from '../src/core/index/history.ts';
import { objectPath } from '../src/core/index/index-head.ts';
import { DAY, HOUR } from '../src/core/instant.ts';
import { requireSigner } from '../src/core/signatures/signers.ts';
import { formatPrivateKey } from '../src/core/signatures/ssh-key.ts';
import { sign } from '../src/core/signatures/sshsig.ts';
import { RegistrySimulator, testKey, writeTree } from '../src/testkit/index.ts';
import { git } from './support/index-branch.ts';
import { SigningWorld } from './support/signing-world.ts';

/** `.github/scripts/sign-checkpoint.sh`, run by bash on indexes that sheaf built: what it signs and what it refuses. */

const run = promisify(execFile);
const NOW = Math.floor(Date.now() / 1000) * 1000;
const SCRIPTS = fileURLToPath(new URL('../.github/scripts', import.meta.url));

const newRegistry = (): RegistrySimulator => {
  const registry = new RegistrySimulator({ id: 'acme', now: NOW - DAY });
  registry.addRelease({ name: 'csv-tools', version: '1.0.0' });
  return registry;
};

let registry: RegistrySimulator;
let prepared: SigningWorld;
beforeAll(async () => {
  registry = newRegistry();
  prepared = await SigningWorld.create(NOW, registry);
});
afterAll(() => prepared.remove());

async function world(): Promise<SigningWorld> {
  const copy = await prepared.copy();
  onTestFinished(() => copy.remove());
  return copy;
}

/** The signature that a run left, read as a client reads it. */
async function expectSigned(signing: SigningWorld): Promise<void> {
  const { status, stderr } = await signing.sign();
  expect([status, stderr]).toEqual([0, '']);
  const path = signing.at(`first/${checkpointPath(await signing.checkpoint())}`);
  const [bytes, signature] = [await readFile(path), await readFile(`${path}.sig`)];
  const signer = requireSigner(registry.rootFile(), 'checkpoint@sheaf', bytes, signature, 'the checkpoint');
  expect(signer.principal).toBe('ci');
}

/** The published branch with other files, pushed by somebody who may. */
async function republish(signing: SigningWorld, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const place = signing.at('published');
  await git(signing.directory, 'clone', '--quiet', '--branch=index', 'origin.git', 'published');
  await writeTree(place, files);
  await git(place, 'add', '--all');
  await git(place, 'commit', '--quiet', '--message=other');
  await git(place, 'push', '--quiet', 'origin', 'index');
}

async function publishedCheckpoint(signing: SigningWorld): Promise<Buffer> {
  return Buffer.from(
    `${await git(signing.at('origin.git'), 'cat-file', 'blob', 'index:checkpoints/1-1.json')}\n`,
  );
}

describe('signs', () => {
  it('the checkpoint after the published one, so that a client accepts it and it can be published', async () => {
    const signing = await world();
    await expectSigned(signing);
    await signing.publish();
    expect(await git(signing.at('origin.git'), 'cat-file', 'blob', 'index:latest')).toBe('1-2');
  });

  it('with a key that stands in the environment, and leaves no file of it', async () => {
    const signing = await world();
    signing.environment['SHEAF_CHECKPOINT_KEY'] = Buffer.from(formatPrivateKey(testKey('ci')))
      .toString()
      .trimEnd();
    await expectSigned(signing);
    expect(await readdir(signing.at('tmp'))).toEqual([]);
    const { mode } = await stat(signing.at('first/checkpoints/1-2.json.sig'));
    expect(mode & 0o777).toBe(0o644);
  });

  it('with a key in a file that lacks the line feed at its end', async () => {
    const signing = await world();
    await writeFile(signing.at('ci'), (await readFile(signing.at('ci'), 'utf8')).trimEnd());
    expect(await signing.sign()).toMatchObject({ status: 0, stderr: '' });
  });

  it('an index without facts', async () => {
    const signing = await world();
    const { source } = await signing.checkpoint();
    await signing.restate({ source: { ...source, facts: null } });
    signing.environment['SHEAF_FACTS'] = '';
    await expectSigned(signing);
    expect((await signing.checkpoint()).source.facts).toBeNull();
  });

  it('the first checkpoint of the epoch that follows the theft of the key', async () => {
    const signing = await world();
    const next = newRegistry();
    next.rotateRoot({ ci: 'new-ci', epoch: 2 });
    await signing.commit(next);
    await signing.build(NOW);
    expect(await signing.sign()).toMatchObject({
      stderr: 'sign-checkpoint: The trust root does not list the key for checkpoints.\n',
    });
    await writeFile(signing.at('ci'), formatPrivateKey(testKey('new-ci')));
    expect(await signing.sign()).toMatchObject({ status: 0, stderr: '' });
    expect(await signing.checkpoint()).toMatchObject({ epoch: 2, version: 1 });
  });

  it('the checkpoint that closes a block of the history, as sheaf builds it', async () => {
    const signing = await world();
    const tail = Array.from({ length: 255 }, (_, index) => sha256(Buffer.from(`checkpoint ${index}`)));
    const history = writeHistory({ epoch: 1, blocks: [], tail });
    const before = readCheckpoint(await publishedCheckpoint(signing));
    const checkpoint = { ...before, version: 256, history: refOf(history.bytes) };
    const bytes = writeCheckpoint(checkpoint);
    await republish(
      signing,
      new Map([
        ['history/history.json', history.bytes],
        ['checkpoints/1-256.json', bytes],
        ['checkpoints/1-256.json.sig', sign(testKey('ci'), 'checkpoint@sheaf', bytes)],
        ['latest', writeLatest(checkpoint)],
      ]),
    );
    await signing.build(NOW);
    const built = await signing.checkpoint();
    expect(built.version).toBe(257);
    const after = readHistory(await readFile(signing.at(`first/${objectPath(built.history.sha256)}`)));
    expect(after).toMatchObject({ blocks: [{ size: expect.any(Number) as number }], tail: [] });
    const fetchObject = (object: { readonly sha256: typeof built.history.sha256 }): Promise<Uint8Array> =>
      readFile(signing.at(`first/${objectPath(object.sha256)}`));
    expect(await historyIncludes(after, checkpoint, sha256(bytes), fetchObject)).toBe(true);
    await expectSigned(signing);
  });
});

/** One planted fault for each check: what is changed, and the sentence that refuses it. */
const FAULTS: readonly (readonly [string, (signing: SigningWorld) => Promise<unknown>, string])[] = [
  [
    'builds that differ in one byte',
    (it) => appendFile(it.at('second/latest'), ' '),
    'The two builds differ.',
  ],
  ['a file too many in one build', (it) => writeFile(it.at('first/o/x'), ''), 'The two builds differ.'],
  [
    'a link in a build',
    (it) => it.inBuilds((at) => symlink('/etc/passwd', at('o/x'))),
    'The build has a link: o/x.',
  ],
  [
    'an empty build',
    (it) =>
      it.inBuilds(async (at) => {
        await rm(at(''), { recursive: true });
        await mkdir(at(''));
      }),
    'The build is empty.',
  ],
  [
    'a checkpoint that is signed already',
    async (it) => {
      await it.inBuilds((at) => writeFile(at('checkpoints/1-2.json.sig'), ''));
    },
    'The checkpoint is signed already.',
  ],
  [
    '"latest" that names another checkpoint',
    (it) => it.inBuilds((at) => writeFile(at('latest'), '1-3\n')),
    'There is no checkpoint.',
  ],
  [
    '"latest" that names a path',
    (it) => it.inBuilds((at) => writeFile(at('latest'), '../1-2\n')),
    'names no checkpoint',
  ],
  [
    'a checkpoint under the name of another',
    async (it) => {
      const checkpoint = await it.checkpoint();
      await it.inBuilds((at) =>
        writeFile(at('checkpoints/1-2.json'), writeCheckpoint({ ...checkpoint, version: 3 })),
      );
    },
    'The checkpoint is not the one that "latest" names.',
  ],
  [
    'a checkout at another commit',
    (it) => git(it.at('checkout'), 'commit', '--quiet', '--allow-empty', '-m', 'x'),
    'The checkout is at another commit',
  ],
  [
    'an index of another commit',
    async (it) => {
      const { source } = await it.checkpoint();
      await it.restate({ source: { ...source, commit: 'a'.repeat(40) } });
    },
    'The index was built from another commit.',
  ],
  [
    'a commit that is on no branch',
    async (it) => {
      await git(it.at('checkout'), 'commit', '--quiet', '--allow-empty', '-m', 'x');
      await it.expectCommit();
      await it.build(NOW);
    },
    'The commit is not on the branch main.',
  ],
  [
    'an index of other facts',
    async (it) => {
      const { source } = await it.checkpoint();
      await it.restate({ source: { ...source, facts: 'b'.repeat(40) } });
    },
    'The index was built from other facts.',
  ],
  [
    'facts that are on no branch',
    async (it) => {
      const facts = await git(it.at('checkout'), 'commit-tree', '-m', 'x', 'facts^{tree}');
      it.environment['SHEAF_FACTS'] = facts;
      const { source } = await it.checkpoint();
      await it.restate({ source: { ...source, facts } });
    },
    'The facts are not on the branch facts.',
  ],
  ['another registry', (it) => it.restate({ registry: 'other' }), 'The checkpoint is of another registry.'],
  [
    'a jump of the epoch',
    (it) => it.restate({ epoch: 2, version: 1 }),
    'The checkpoint is of another epoch than its trust root.',
  ],
  ['a root that is not there', (it) => it.restate({ root: 2 }), 'registry/trust/root/2.signers is missing'],
  [
    'a root that is not the one of the commit',
    (it) => it.inBuilds((at) => appendFile(at('root/1.signers'), '\n')),
    'The build has another trust root than the commit.',
  ],
  [
    'a key that the root does not list',
    (it) => writeFile(it.at('ci'), formatPrivateKey(testKey('thief'))),
    'The trust root does not list the key for checkpoints.',
  ],
  [
    'a key of a maintainer',
    (it) => writeFile(it.at('ci'), formatPrivateKey(testKey('maintainer-a'))),
    'The trust root does not list the key for checkpoints.',
  ],
  ['something that is no key', (it) => writeFile(it.at('ci'), 'nothing'), 'The key cannot be read'],
  [
    'a checkpoint from the future',
    (it) => it.restate({ issued: NOW + HOUR, expires: NOW + DAY }),
    'The checkpoint was issued in the future.',
  ],
  [
    'a checkpoint that has expired',
    (it) => it.restate({ issued: NOW - DAY, expires: NOW - HOUR }),
    'The checkpoint has expired.',
  ],
  [
    'a life of more than 30 days',
    (it) => it.restate({ issued: NOW, expires: NOW + 31 * DAY }),
    'lives for more than 30 days',
  ],
  [
    'a day that does not exist',
    (it) => it.rewrite((text) => text.replace(/"expires":"(\d{4})-..-../, '"expires":"$1-02-30')),
    'There is no time',
  ],
  [
    'a number that is skipped',
    (it) => it.restate({ version: 3 }),
    'The checkpoint is number 3, and number 1 is published.',
  ],
  [
    'the number that is published',
    (it) => it.restate({ version: 1 }),
    'The checkpoint is number 1, and number 1 is published.',
  ],
  [
    'a first checkpoint that is not number 1',
    (it) => git(it.at('origin.git'), 'branch', '-D', 'index'),
    'Nothing is published, and the checkpoint is not the first.',
  ],
  [
    'a branch that cannot be read',
    (it) => git(it.at('checkout'), 'remote', 'set-url', 'origin', '../nowhere.git'),
    'The branch main cannot be read.',
  ],
  [
    'a history without the published checkpoint',
    async (it) => {
      const empty = writeHistory({ epoch: 1, blocks: [], tail: [] });
      await it.inBuilds((at) => writeTree(at(''), [[objectPath(empty.sha256), empty.bytes]]));
      await it.restate({ history: refOf(empty.bytes) });
    },
    'The history does not continue the published one.',
  ],
  [
    'a history of another checkpoint',
    async (it) => {
      const other = writeHistory({ epoch: 1, blocks: [], tail: [sha256(Buffer.from('other'))] });
      await it.inBuilds((at) => writeTree(at(''), [[objectPath(other.sha256), other.bytes]]));
      await it.restate({ history: refOf(other.bytes) });
    },
    'The history does not continue the published one.',
  ],
  [
    'a history that is missing',
    async (it) => {
      const { history } = await it.checkpoint();
      await it.inBuilds((at) => rm(at(objectPath(history.sha256))));
    },
    'The build lacks the history.',
  ],
  [
    'an index whose bytes are others',
    async (it) => {
      const { index } = await it.checkpoint();
      await it.inBuilds((at) => appendFile(at(objectPath(index.sha256)), ' '));
    },
    'The index is not what the checkpoint says.',
  ],
  [
    'a published checkpoint that somebody else signed',
    async (it) => {
      const bytes = await publishedCheckpoint(it);
      await republish(
        it,
        new Map([['checkpoints/1-1.json.sig', sign(testKey('thief'), 'checkpoint@sheaf', bytes)]]),
      );
    },
    'The published checkpoint is not signed by its trust root.',
  ],
  [
    'a published checkpoint that its key signed for something else',
    async (it) => {
      const bytes = await publishedCheckpoint(it);
      await republish(
        it,
        new Map([['checkpoints/1-1.json.sig', sign(testKey('ci'), 'release@sheaf', bytes)]]),
      );
    },
    'The published checkpoint is not signed by its trust root.',
  ],
  [
    'a published history that was replaced',
    (it) => republish(it, new Map([['history/history.json', Buffer.from('{}\n')]])),
    'The published history is not what its checkpoint says.',
  ],
];

describe('refuses', () => {
  it.each(FAULTS)('%s', async (_, plant, sentence) => {
    const signing = await world();
    await plant(signing);
    const { status, stdout, stderr } = await signing.sign();
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
    expect(await readdir(signing.at('tmp'))).toEqual([]);
  });

  it('an index that was built before somebody else published', async () => {
    const signing = await world();
    const other = await signing.copy();
    onTestFinished(() => other.remove());
    await signing.mustSign();
    await signing.publish();
    await git(other.at('checkout'), 'remote', 'set-url', 'origin', signing.at('origin.git'));
    expect((await other.sign()).stderr).toContain('The checkpoint is number 2, and number 2 is published.');
  });

  it('every checkpoint that a JSON parser might read in another way than the script', async () => {
    const signing = await world();
    const good = await readFile(signing.at('first/checkpoints/1-2.json'), 'latin1');
    const forms = [
      good.trimEnd(),
      `${good}\n`,
      ` ${good}`,
      `\u00ef\u00bb\u00bf${good}`,
      good.replace('\n', '\r\n'),
      good.replace('{', '{ '),
      good.replace('"epoch":1', '"epoch":1,"epoch":1'),
      good.replace('"epoch":1', '"epoch":01'),
      good.replace('"epoch":1', '"epoch":1.0'),
      good.replace('"epoch":1', '"epoch":1e0'),
      good.replace('"epoch":1', '"epoch":"1"'),
      good.replace('"registry":"acme"', '"registry":"acm\\u0065"'),
      good.replace('"registry":"acme",', '').replace('"epoch":1', '"epoch":1,"registry":"acme"'),
      good.replace(/\}\n$/, ',"more":1}\n'),
      good.replace(/\}\n$/, '}}\n'),
      good.replace('acme', 'ac\0me'),
      good.replace(/"history":\{"sha256":"./, '"history":{"sha256":"A'),
      '',
      '{}\n',
    ];
    for (const form of forms) {
      await signing.inBuilds((at) => writeFile(at('checkpoints/1-2.json'), form, 'latin1'));
      const { status, stderr } = await signing.sign();
      expect([form, status, /(form in which sheaf|not one line)/.test(stderr)]).toEqual([form, 1, true]);
    }
  });
});

it('every script of the workflows passes shellcheck', async () => {
  const scripts = (await readdir(SCRIPTS)).filter((name) => name.endsWith('.sh'));
  expect(scripts.toSorted()).toEqual(['dispatch.sh', 'git-credential.sh', 'sign-checkpoint.sh', 'site.sh']);
  const { stdout } = await run('shellcheck', scripts, { cwd: SCRIPTS });
  expect(stdout).toBe('');
});
