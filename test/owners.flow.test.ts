import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DAY } from '../src/core/instant.ts';
import { type RealRegistry, realRegistry } from './support/real-registry.ts';

/** Owners over the whole way: files for pull requests, signatures, the published index, and what a client makes of it. */

const run = promisify(execFile);
const OWNERS = 'registry/trust/owners';
const LENS = 'plugins/integrations/gr/graph-lens';

/** An owner command on the checkout, with its data. */
const owner = (registry: RealRegistry, verb: string, ...argv: string[]) =>
  registry.data(`owner-${verb}`, 'owner', verb, ...argv, '--registry', registry.at('acme'));

async function addOwner(registry: RealRegistry, name: string): Promise<void> {
  const key = await registry.key(name);
  const { next } = await owner(registry, 'add', name, '--key', `${key}.pub`, '--github-id', '1234567');
  await registry.sign(next, name);
}

/** A registry with the owner dana, who has released graph-lens 1.0.0, and a user who has installed it. */
async function world(): Promise<RealRegistry> {
  const registry = await realRegistry();
  await addOwner(registry, 'dana');
  await registry.release('graph-lens', '1.0.0', 'dana');
  await registry.publish();
  const root = `sha256:${await registry.digest('registry/trust/root/1.signers')}`;
  expect(await registry.user('registry', 'add', registry.at('www'), '--root', root)).toMatchObject({
    status: 0,
  });
  expect(await registry.user('install', 'graph-lens')).toMatchObject({ status: 0 });
  return registry;
}

async function publishAndSync(registry: RealRegistry): Promise<void> {
  await registry.publish();
  expect(await registry.user('sync')).toMatchObject({ status: 0 });
}

/** Turns the memory of the user back, as if every recovery had been seen that much earlier. */
async function backdate(registry: RealRegistry, by: number): Promise<void> {
  const directory = registry.at('home/state/registries');
  for (const name of await readdir(directory)) {
    const path = `${directory}/${name}`;
    const text = await readFile(path, 'utf8');
    const earlier = text.replace(
      /("firstSeen": )"([^"]+)"/g,
      (_, key: string, seen: string) =>
        `${key}"${new Date(Date.parse(seen) - by).toISOString().replace('.000', '')}"`,
    );
    await writeFile(path, earlier);
  }
}

describe('owner add', () => {
  it('writes the first key file and the forge account, and says what has to be signed', async () => {
    const registry = await realRegistry();
    const key = await registry.key('dana');
    const argv = [
      'dana',
      '--key',
      `${key}.pub`,
      '--github-id',
      '1234567',
      '--repository',
      'https://git.example.org/dana/',
    ];
    const dry = await owner(registry, 'add', ...argv, '--dry-run');
    await expect(readdir(registry.file(OWNERS))).rejects.toMatchObject({ code: 'ENOENT' });
    const made = await owner(registry, 'add', ...argv);
    expect(made).toEqual(dry);
    expect(made).toMatchObject({
      path: `${OWNERS}/dana/1.signers`,
      complete: false,
      next: [`sheaf sign ${OWNERS}/dana/1.signers --key KEY --as dana`],
    });
    expect(await readFile(registry.file(`${OWNERS}/dana/owner.toml`), 'utf8')).toContain(
      'github_id = 1234567',
    );
    await registry.sign(made['next'], 'dana');
    const signers = registry.file(`${OWNERS}/dana/1.signers`);
    const verify = `ssh-keygen -Y verify -f ${signers} -I dana -n owner@sheaf -s ${signers}.dana.sig < ${signers}`;
    expect((await run('sh', ['-c', verify])).stdout).toContain('Good "owner@sheaf" signature for dana');
  });

  it('never overwrites an owner, and names the commands that are meant', async () => {
    const registry = await realRegistry();
    await addOwner(registry, 'dana');
    const argv = ['--key', registry.at('keys/alice.pub'), '--registry', registry.at('acme')];
    const again = await registry.sheaf('owner', 'add', 'dana', ...argv);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('sheaf owner rotate dana');
  });
});

describe('owner rotate', () => {
  it('twice keeps old releases installable, and every key of the chain that is not revoked', async () => {
    const registry = await world();
    for (const [name, before] of [
      ['dana-laptop', 'dana'],
      ['dana-desk', 'dana-laptop'],
    ] as const) {
      const key = await registry.key(name);
      const label = name.slice('dana-'.length);
      const made = await owner(registry, 'rotate', 'dana', '--add', `${key}.pub:${label}`, '--drop', before);
      expect(made['changes']).toEqual([
        expect.stringMatching(new RegExp(`^removes ${before} SHA256:`)),
        expect.stringMatching(new RegExp(`^adds ${name} SHA256:`)),
      ]);
      await registry.sign(made['next'], before);
    }
    expect(await owner(registry, 'show', 'dana')).toMatchObject({ versions: [{}, {}, { version: 3 }] });
    await registry.release('graph-lens', '1.1.0', 'dana', 'dana-desk');
    await publishAndSync(registry);
    const updated = await registry.user('update');
    expect(updated).toMatchObject({ status: 0 });
    expect(updated.stderr).toContain('dana has new keys, signed with the ones before');
    expect(await registry.user('install', 'graph-lens@1.0.0')).toMatchObject({ status: 0 });

    await owner(registry, 'revoke', registry.at('keys/dana-desk.pub'), '--reason', 'laptop stolen');
    await publishAndSync(registry);
    const refused = await registry.user('install', 'graph-lens@1.1.0');
    expect(refused).toMatchObject({ status: 9 });
    expect(refused.stderr).toContain('laptop stolen');
    expect(await registry.user('install', 'graph-lens@1.0.0')).toMatchObject({ status: 0 });
  });

  it('may take several pull requests: the index goes by the version before until enough have signed', async () => {
    const registry = await world();
    const key = await registry.key('dana-two');
    const made = await owner(registry, 'rotate', 'dana', '--add', `${key}.pub:two`, '--threshold', '2');
    await registry.sign(made['next'], 'dana');
    expect(await owner(registry, 'show', 'dana')).not.toHaveProperty('pending');
    const third = await registry.key('dana-three');
    const next = await owner(registry, 'rotate', 'dana', '--add', `${third}.pub:three`);
    await registry.sign(next['next'], 'dana');
    expect(await owner(registry, 'show', 'dana')).toMatchObject({
      versions: [{}, { version: 2, threshold: 2 }],
      pending: {
        complete: false,
        demands: [{ by: 'version 2 of the keys of dana', signed: ['dana'], missing: ['dana-two'] }, {}],
      },
    });
    await publishAndSync(registry);
    expect(await registry.user('update')).toMatchObject({ status: 0 });
    const more = ['--drop', 'dana-two', '--registry', registry.at('acme')];
    const busy = await registry.sheaf('owner', 'rotate', 'dana', ...more);
    expect(busy).toMatchObject({ status: 1, stdout: '' });
    expect(busy.stderr).toContain('Version 3 is there already and waits for signatures');
    await registry.sign(next['next'], 'dana-two');
    await publishAndSync(registry);
    await registry.release('graph-lens', '1.1.0', 'dana', 'dana-three');
    await publishAndSync(registry);
    expect(await registry.user('update')).toMatchObject({ status: 0 });
  });

  it('refuses a name that the file before gives to another key, because both signatures would lie in one file', async () => {
    const registry = await world();
    const key = await registry.key('other');
    const argv = [
      'owner',
      'rotate',
      'dana',
      '--add',
      `${key}.pub`,
      '--drop',
      'dana',
      '--registry',
      registry.at('acme'),
    ];
    const refused = await registry.sheaf(...argv);
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toContain('The file before lists another key as dana');
  });
});

describe('owner recover', () => {
  it('is believed 14 days after the first sight, and when a person agrees; old releases stay', async () => {
    const registry = await world();
    const key = await registry.key('dana-new');
    const made = await owner(registry, 'recover', 'dana', '--key', `${key}.pub:new`);
    expect(made['demands']).toMatchObject([{ by: 'root 1', namespace: 'recovery@sheaf', threshold: 2 }]);
    await registry.sign(made['next'], 'alice', 'carol');
    await registry.release('graph-lens', '1.1.0', 'dana', 'dana-new');
    await publishAndSync(registry);
    const early = await registry.user('update', '--accept-owner-change');
    expect(early).toMatchObject({ status: 5 });
    expect(early.stderr).toContain(
      'replaced the lost keys of owner dana; this machine believes the new ones from',
    );
    expect(await registry.user('install', 'graph-lens@1.0.0')).toMatchObject({ status: 0 });

    await backdate(registry, 15 * DAY);
    const unasked = await registry.user('update');
    expect(unasked).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to do') });
    const wanted = await registry.user('install', 'graph-lens@1.1.0');
    expect(wanted).toMatchObject({ status: 5 });
    expect(wanted.stderr).toContain('--accept-owner-change');
    const agreed = await registry.user('install', 'graph-lens@1.1.0', '--accept-owner-change');
    expect(agreed).toMatchObject({ status: 0 });
    expect(agreed.stderr).toContain('The registry replaced the keys of dana, who lost theirs.');
  });

  it('is never believed where the policy is to refuse', async () => {
    const registry = await world();
    expect(await registry.user('config', 'set', 'policy.on_key_change', 'refuse')).toMatchObject({
      status: 0,
    });
    const key = await registry.key('dana-new');
    const made = await owner(registry, 'recover', 'dana', '--key', `${key}.pub:new`);
    await registry.sign(made['next'], 'alice', 'bob');
    await registry.release('graph-lens', '1.1.0', 'dana', 'dana-new');
    await publishAndSync(registry);
    expect(await registry.user('install', 'graph-lens@1.1.0')).toMatchObject({ status: 5 });
    await backdate(registry, 15 * DAY);
    expect(await registry.user('install', 'graph-lens@1.1.0', '--accept-owner-change')).toMatchObject({
      status: 5,
    });
  });
});

describe('owner transfer', () => {
  /** dana hands graph-lens over to erin; the statement is written, and signed by these. */
  async function handOver(registry: RealRegistry, ...signers: string[]): Promise<void> {
    await addOwner(registry, 'erin');
    const step = await owner(registry, 'transfer', 'graph-lens', '--to', 'erin');
    expect(step).toMatchObject({
      state: 'waiting',
      from: 'dana',
      to: 'erin',
      path: `${LENS}/transfer-2.toml`,
    });
    await registry.sign(step['next'], ...signers);
  }

  it('with both signatures keeps what was released, and is followed by whoever agrees', async () => {
    const registry = await world();
    await handOver(registry, 'dana');
    expect(await owner(registry, 'transfer', 'graph-lens', '--to', 'erin')).toMatchObject({
      state: 'waiting',
      demands: [
        { signed: ['dana'], met: true },
        { missing: ['erin'], met: false },
      ],
    });
    await registry.does(
      'sign',
      `${LENS}/transfer-2.toml`,
      '--namespace',
      'owner@sheaf',
      '--as',
      'erin',
      '--key',
      registry.at('keys/erin'),
    );
    await publishAndSync(registry);
    expect(await registry.user('update')).toMatchObject({ status: 0 });
    expect(await owner(registry, 'transfer', 'graph-lens', '--to', 'erin')).toMatchObject({ state: 'ready' });
    const completed = ['graph-lens', '--to', 'erin', '--key', registry.at('keys/erin')];
    expect(await owner(registry, 'transfer', ...completed)).toMatchObject({ state: 'done' });
    expect(await readFile(registry.file(`${LENS}/plugin.toml`), 'utf8')).toMatch(
      /revision = 2\nowner = "erin"/,
    );
    await publishAndSync(registry);
    // What dana released stays good, for machines that know it and for new ones.
    expect(await registry.user('verify')).toMatchObject({ status: 0 });
    expect(await registry.user('install', '--locked')).toMatchObject({ status: 0 });

    await registry.release('graph-lens', '1.1.0', 'erin');
    await publishAndSync(registry);
    const unasked = await registry.user('install', 'graph-lens@1.1.0');
    expect(unasked).toMatchObject({ status: 5 });
    expect(unasked.stderr).toContain('dana handed graph-lens over to erin; both signed that');
    const agreed = await registry.user('install', 'graph-lens@1.1.0', '--accept-owner-change');
    expect(agreed).toMatchObject({ status: 0 });
    await registry.release('graph-lens', '1.2.0', 'erin');
    await publishAndSync(registry);
    expect(await registry.user('install', 'graph-lens@1.2.0')).toMatchObject({ status: 0 });
    expect(await registry.user('install', 'graph-lens@1.0.0')).toMatchObject({ status: 0 });
    const source = ['--source', registry.at('acme')];
    expect(await registry.sheaf('index', 'verify', registry.at('www'), ...source)).toMatchObject({
      status: 0,
    });
  });

  it('is asked about on a machine that knows the owner from the lock file only', async () => {
    const registry = await world();
    await handOver(registry, 'dana', 'erin');
    await owner(registry, 'transfer', 'graph-lens', '--to', 'erin', '--key', registry.at('keys/erin'));
    await registry.release('graph-lens', '1.1.0', 'erin');
    await registry.publish();
    await rm(registry.at('home/state'), { recursive: true });
    expect(await registry.user('sync')).toMatchObject({ status: 0 });
    expect(await registry.user('install', '--locked')).toMatchObject({ status: 0 });
    const refused = await registry.user('install', 'graph-lens@1.1.0');
    expect(refused).toMatchObject({ status: 5 });
    expect(refused.stderr).toContain('handed graph-lens over');
  });

  it('without the signature of the owner before is a hard error', async () => {
    const registry = await world();
    await handOver(registry, 'erin');
    const plugin = registry.file(`${LENS}/plugin.toml`);
    const text = await readFile(plugin, 'utf8');
    await writeFile(plugin, text.replace('revision = 1', 'revision = 2').replace('"dana"', '"erin"'));
    await rm(`${plugin}.sig`);
    await registry.does('sign', plugin, '--key', registry.at('keys/erin'));
    await publishAndSync(registry);
    const refused = await registry.user('install', '--locked', '--accept-owner-change');
    expect(refused).toMatchObject({ status: 5 });
    expect(refused.stderr).toContain('they did not both sign that');
  });

  it('gives the owner before no way to release more', async () => {
    const registry = await world();
    await handOver(registry, 'dana', 'erin');
    await owner(registry, 'transfer', 'graph-lens', '--to', 'erin', '--key', registry.at('keys/erin'));
    await registry.release('graph-lens', '1.1.0', 'dana');
    await publishAndSync(registry);
    const refused = await registry.user('install', 'graph-lens@1.1.0', '--accept-owner-change');
    expect(refused).toMatchObject({ status: 5 });
    expect(refused.stderr).toContain('is no release key of owner erin');
  });

  it('needs the owner keys: a key that may only release cannot give the plugin away', async () => {
    const registry = await world();
    const workflow = await registry.key('dana-ci');
    const made = await owner(registry, 'rotate', 'dana', '--add-release', `${workflow}.pub:ci`);
    await registry.sign(made['next'], 'dana');
    await addOwner(registry, 'erin');
    const step = await owner(registry, 'transfer', 'graph-lens', '--to', 'erin');
    await registry.sign(step['next'], 'erin');
    await registry.does(
      'sign',
      `${LENS}/transfer-2.toml`,
      '--namespace',
      'owner@sheaf',
      '--as',
      'dana-ci',
      '--key',
      workflow,
    );
    expect(await owner(registry, 'transfer', 'graph-lens', '--to', 'erin')).toMatchObject({
      state: 'waiting',
      demands: [{ signed: [], missing: ['dana'] }, { met: true }],
    });
  });

  it('must be begun again when the plugin has gone on since', async () => {
    const registry = await world();
    await handOver(registry, 'dana', 'erin');
    await registry.release('graph-lens', '1.1.0', 'dana');
    const argv = ['owner', 'transfer', 'graph-lens', '--to', 'erin', '--registry', registry.at('acme')];
    const refused = await registry.sheaf(...argv);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('has changed since its transfer was written');
  });
});

describe('owner revoke', () => {
  it('from a checkpoint on keeps what was locked before, and nothing that came later', async () => {
    const registry = await world();
    expect(
      await owner(registry, 'revoke', registry.at('keys/dana.pub'), '--from', '1-2', '--reason', 'stolen'),
    ).toMatchObject({
      from: { epoch: 1, version: 2 },
      listedIn: [`${OWNERS}/dana/1.signers as dana`],
      changed: true,
    });
    await publishAndSync(registry);
    expect(await registry.user('install', '--locked')).toMatchObject({ status: 0 });
    await rm(registry.at('project/sheaf.lock'));
    const fresh = await registry.user('install');
    expect(fresh).toMatchObject({ status: 9 });
    expect(fresh.stderr).toContain('stolen');
  });

  it('is only ever made stricter, and finds a key by its fingerprint', async () => {
    const registry = await world();
    const { stdout } = await run('ssh-keygen', ['-lf', registry.at('keys/dana.pub')]);
    const fingerprint = stdout.split(' ')[1] ?? '';
    expect(await owner(registry, 'revoke', fingerprint)).toMatchObject({ fingerprint, changed: true });
    expect(await owner(registry, 'revoke', fingerprint, '--from', '1-9')).toMatchObject({ changed: false });
    const list = await readFile(registry.file('registry/trust/revoked'), 'utf8');
    expect(list).not.toContain('#@ from');
  });
});
