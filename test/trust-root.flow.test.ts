import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeStatusEvent } from '../src/core/formats/status-event.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import { type RealRegistry, realRegistry } from './support/real-registry.ts';

/** The trust root over the whole way: the ceremony in files, the published index, and what a client makes of it. */

const run = promisify(execFile);
const ROOT = 'registry/trust/root';

const rotate = (registry: RealRegistry, ...argv: string[]) =>
  registry.data(
    'registry-trust-rotate',
    'registry',
    'trust',
    'rotate',
    ...argv,
    '--registry',
    registry.at('acme'),
  );

const show = (registry: RealRegistry) =>
  registry.data('registry-trust-show', 'registry', 'trust', 'show', registry.at('acme'));

/** A published registry with one plugin, and a user who trusts it. */
async function world(): Promise<RealRegistry> {
  const registry = await realRegistry();
  const key = await registry.key('dana');
  const made = ['owner', 'add', 'dana', '--key', `${key}.pub`, '--registry', registry.at('acme')];
  const { next } = await registry.data('owner-add', ...made);
  await registry.sign(next, 'dana');
  await registry.release('graph-lens', '1.0.0', 'dana');
  await registry.publish();
  await add(registry, '1');
  return registry;
}

async function add(registry: RealRegistry, version: string): Promise<void> {
  const digest = await registry.digest(`${ROOT}/${version}.signers`);
  const added = await registry.user('registry', 'add', registry.at('www'), '--root', `sha256:${digest}`);
  expect(added).toMatchObject({ status: 0 });
}

describe('a rotation of the root', () => {
  it('takes several pull requests, while the index is published every day under the root before', async () => {
    const registry = await world();
    const erin = await registry.key('erin');
    const argv = ['--add-maintainer', `erin=${erin}.pub`, '--drop', 'carol', '--expires', '300d'];
    const dry = await rotate(registry, ...argv, '--dry-run');
    expect(dry['changes']).toEqual([
      expect.stringMatching(/^removes carol SHA256:/),
      expect.stringMatching(/^adds erin SHA256:/),
      expect.stringMatching(/^expires: /),
    ]);
    await expect(readFile(registry.file(`${ROOT}/2.signers`))).rejects.toMatchObject({ code: 'ENOENT' });

    const made = await rotate(registry, ...argv);
    await registry.publish();
    expect(await registry.user('sync')).toMatchObject({ status: 0 });
    await registry.sign(made['next'], 'alice');
    expect(await show(registry)).toMatchObject({
      roots: [{ version: 1, signedBy: ['alice', 'bob'] }],
      pending: {
        complete: false,
        demands: [
          { by: 'root 1', threshold: 2, signed: ['alice'], missing: ['bob', 'carol'] },
          { by: 'root 2', threshold: 2, signed: ['alice'], missing: ['bob', 'erin'] },
        ],
      },
    });
    // erin is nobody to root 1, and carol nobody to root 2: each of the two needs two of its own.
    await registry.sign(made['next'], 'erin');
    await registry.publish();
    expect(await registry.user('sync')).toMatchObject({ status: 0 });
    expect(await registry.user('registry', 'trust', 'show', 'acme')).toMatchObject({
      stdout: expect.stringContaining('Root 1, epoch 1'),
    });
    await registry.sign(made['next'], 'carol');
    expect(await show(registry)).toMatchObject({
      roots: [{}, { version: 2, signedBy: ['alice', 'carol', 'erin'] }],
    });
    await registry.publish();
    expect(await registry.user('sync')).toMatchObject({ status: 0 });
    expect(await registry.user('registry', 'trust', 'show', 'acme')).toMatchObject({
      stdout: expect.stringContaining('Root 2, epoch 1'),
    });
    expect(await registry.user('install', 'graph-lens')).toMatchObject({ status: 0 });
  });

  it('is signed in a way that stock ssh-keygen verifies under both roots', async () => {
    const registry = await world();
    // Another life than the root before has, which may have been made in this very second.
    const made = await rotate(registry, '--expires', '300d');
    await registry.sign(made['next'], 'alice', 'bob');
    for (const root of ['1', '2']) {
      const [signers, next] = [registry.file(`${ROOT}/${root}.signers`), registry.file(`${ROOT}/2.signers`)];
      const line = `ssh-keygen -Y verify -f ${signers} -I bob -n root@sheaf -s ${next}.bob.sig < ${next}`;
      expect((await run('sh', ['-c', line])).stdout).toContain('Good "root@sheaf" signature for bob');
    }
  });

  it('refuses what could not be signed or would change nothing that matters', async () => {
    const registry = await world();
    const key = await registry.key('alice-next');
    const refusal = async (...argv: string[]) => {
      const result = await registry.sheaf(
        'registry',
        'trust',
        'rotate',
        ...argv,
        '--registry',
        registry.at('acme'),
      );
      expect(result).toMatchObject({ status: 2, stdout: '' });
      return result.stderr;
    };
    expect(await refusal('--drop', 'bob', '--drop', 'carol')).toContain(
      'A threshold of 2 needs as many maintainers',
    );
    expect(await refusal('--drop', 'zoe')).toContain('lists no key under the name "zoe"');
    expect(await refusal('--drop', 'ci')).toContain('No key would be left that signs checkpoints');
    expect(await refusal('--new-epoch')).toContain('A new epoch leaves a stolen key behind, and none goes');
    expect(await refusal('--ci-key', registry.at('keys/alice.pub'))).toContain('would have the same key');
    expect(await refusal('--drop', 'alice', '--add-maintainer', `alice=${key}.pub`)).toContain(
      'another key as alice',
    );
  });

  it('tells which grants would lapse with the signature of a maintainer who goes', async () => {
    const registry = await world();
    const event = 'registry/security/status/gr/graph-lens/2026-11-20-grant-tier.toml';
    await mkdir(registry.file('registry/security/status/gr/graph-lens'), { recursive: true });
    await writeFile(
      registry.file(event),
      writeStatusEvent({
        registry: 'acme',
        plugin: pluginName('graph-lens'),
        kind: 'grant-tier',
        tier: 'native',
        date: Date.parse('2026-11-20T09:00:00Z'),
        reason: 'Reviewed.',
      }),
    );
    for (const name of ['bob', 'carol']) {
      const as = ['--namespace', 'status@sheaf', '--as', name, '--key', registry.at('keys', name)];
      await registry.does('sign', event, ...as);
    }
    const erin = await registry.key('erin');
    const made = await rotate(registry, '--add-maintainer', `erin=${erin}.pub`, '--drop', 'carol');
    expect(made['lapses']).toEqual([event]);
    await registry.does('sign', event, '--namespace', 'status@sheaf', '--as', 'erin', '--key', erin);
    expect(await show(registry)).toMatchObject({ pending: { lapses: [] } });
  });

  it('begins with a root of which nothing is published before its threshold has signed it', async () => {
    const registry = await realRegistry();
    await rm(registry.file(`${ROOT}/1.signers.bob.sig`));
    const refused = await registry.sheaf('index', 'build', registry.at('acme'), '--out', registry.at('out'));
    expect(refused).toMatchObject({ stdout: '' });
    expect(refused.stderr).toContain('registry/trust/root/1.signers still waits for signatures');
    expect(await show(registry)).toMatchObject({ roots: [], pending: { demands: [{ signed: ['alice'] }] } });
  });
});

describe('the theft of the key that signs checkpoints', () => {
  it('ends with a root that drops it and begins an epoch: clients go on with a warning', async () => {
    const registry = await world();
    const key = await registry.key('ci-2');
    const made = await rotate(registry, '--ci-key', `${key}.pub`, '--new-epoch');
    expect(made['changes']).toEqual(
      expect.arrayContaining([expect.stringMatching(/^removes ci /), 'epoch: 1 → 2']),
    );
    await registry.sign(made['next'], 'alice', 'bob');
    await registry.publish('ci-2');
    const synced = await registry.user('sync');
    expect(synced).toMatchObject({ status: 0 });
    expect(synced.stderr).toContain('acme has begun epoch 2');
    expect(await registry.user('install', 'graph-lens')).toMatchObject({ status: 0 });

    // What the thief signs from now on is nothing to whoever has seen the new root.
    const [, latest = ''] = /(\d+-\d+)/.exec(await readFile(registry.at('www/latest'), 'utf8')) ?? [];
    const message = registry.at(`www/checkpoints/${latest}.json`);
    await rm(`${message}.sig`);
    await registry.does('sign', message, '--namespace', 'checkpoint@sheaf', '--key', registry.at('keys/ci'));
    const refused = await registry.user('sync');
    expect(refused).toMatchObject({ status: 5 });
    expect(refused.stderr).toContain('is not one of root 2 of acme');
  });
});

describe('a pin of a later root', () => {
  it('is kept, so that also a machine that lost its memory refuses a chain without it', async () => {
    const registry = await world();
    const erin = await registry.key('erin');
    const made = await rotate(registry, '--add-maintainer', `erin=${erin}.pub`, '--drop', 'carol');
    const before = registry.at('without-it');
    await cp(registry.at('www'), before, { recursive: true });
    await registry.sign(made['next'], 'alice', 'bob');
    await registry.publish();
    expect(await registry.user('registry', 'remove', 'acme')).toMatchObject({ status: 0 });
    await add(registry, '2');
    const config = await readFile(registry.at('home/config/config.toml'), 'utf8');
    expect(config).toContain(`pin = "sha256:${await registry.digest(`${ROOT}/2.signers`)}"`);

    await rm(registry.at('home/state'), { recursive: true });
    await rm(registry.at('www'), { recursive: true });
    await cp(before, registry.at('www'), { recursive: true });
    const refused = await registry.user('sync');
    expect(refused).toMatchObject({ status: 5 });
    expect(refused.stderr).toContain('has the digest that was pinned');
  });
});
