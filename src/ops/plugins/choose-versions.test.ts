import { beforeEach, describe, expect, it } from 'vitest';
import { SheafError } from '../../core/errors.ts';
import { writeAdvisory } from '../../core/formats/advisory.ts';
import { writeAuditFile } from '../../core/formats/audit-file.ts';
import { type PolicyTable, policyOf } from '../../core/formats/client-policy.ts';
import { readLockfile } from '../../core/formats/lockfile.ts';
import { writeReviewFile } from '../../core/formats/review-file.ts';
import { type RoutesTable, routeOf, routesOf } from '../../core/formats/routes.ts';
import { releaseDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { DAY } from '../../core/instant.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { Requirement } from '../../core/resolution/resolve.ts';
import { writeArmor } from '../../core/signatures/ssh-armor.ts';
import { joinBytes, wireString, wireUint32 } from '../../core/signatures/ssh-wire.ts';
import type { Version, VersionRange } from '../../core/version.ts';
import {
  memoryPorts,
  memorySource,
  RegistrySimulator,
  type SimulatedRelease,
  testKey,
} from '../../testkit/index.ts';
import { openRegistries } from '../registries/open-registry.ts';
import { registryAdd } from '../registries/registry-add.ts';
import { chooseVersions } from './choose-versions.ts';

const NAME = pluginName('graph-lens');
const MAINTAINERS = ['maintainer-a', 'maintainer-b'];

let main: RegistrySimulator;
let other: RegistrySimulator;

beforeEach(() => {
  main = new RegistrySimulator({ id: 'main' });
  other = new RegistrySimulator({ id: 'other', now: main.now });
});

function releases(registry: RegistrySimulator, ...all: (string | SimulatedRelease)[]): void {
  for (const one of all) {
    registry.addRelease(typeof one === 'string' ? { name: NAME, version: one } : one);
  }
}

/** Says what the machines of a registry found out about a version. */
function facts(version: string, days: number, score?: number): void {
  const file = {
    registry: main.id,
    plugin: NAME,
    version: version as Version,
    published: main.now - days * DAY,
    ...(score === undefined ? {} : { scan: { rules: '1', score, coverage: 1, passed: true, findings: [] } }),
    compatibility: [],
    waivers: [],
  };
  main.source.set(sourcePath({ kind: 'audit', plugin: NAME, version: file.version }), writeAuditFile(file));
}

function review(version: string, reviewer: string, verdict: 'approve' | 'reject'): void {
  const file = {
    registry: main.id,
    plugin: NAME,
    version: version as Version,
    reviewer,
    date: main.now,
    rating: 4,
    verdict,
    thoroughness: 'high',
  } as const;
  const path = sourcePath({ kind: 'review', plugin: NAME, version: file.version, reviewer });
  main.source.set(path, writeReviewFile(file));
  main.source.set(`${path}.sig`, main.sign(reviewer, 'review@sheaf', writeReviewFile(file)));
}

interface Asked {
  readonly want?: Readonly<Record<string, string | Omit<Requirement, 'name'>>>;
  /** Plugin name to "version from registry". */
  readonly lock?: Readonly<Record<string, string>>;
  readonly update?: 'all';
  readonly policy?: PolicyTable;
  readonly routes?: RoutesTable;
  readonly keepsLocked?: boolean;
  readonly prereleases?: boolean;
}

/** What is chosen from what the registries publish now, as "version from registry" by name. */
async function chosen(asked: Asked = {}): Promise<Record<string, string>> {
  const { choices } = await choose(asked);
  return Object.fromEntries(
    choices.map(({ name, registry, version }) => [name, `${version.version} from ${registry}`]),
  );
}

async function choose({ want = { [NAME]: '*' }, lock = {}, ...asked }: Asked) {
  const byUrl = new Map([main, other].map((one) => [one.id, one]));
  for (const registry of byUrl.values()) await registry.publish();
  const ports = memoryPorts(main.now, (url) => memorySource(byUrl.get(url)?.published ?? new Map(), url));
  for (const [url, { rootId }] of byUrl) await registryAdd(ports, { url, root: rootId, yes: false });
  const registries = await openRegistries(ports);
  const locked = await Promise.all(
    Object.entries(lock).map(async ([name, text]) => {
      const [version, id] = text.split(' from ');
      const record = await registries.find((one) => one.id === id)?.releases(pluginName(name));
      const manifest = record?.versions.find((one) => one.version === version)?.manifest;
      return `[[plugin]]\nname = "${name}"\nversion = "${version}"\nregistry = "${id}"\nmanifest = "${manifest}"\nowner = { name = "author", version = 1, key = "SHA256:${'a'.repeat(43)}" }\ntier = "wasm"\ncapabilities = []\n[plugin.platforms]\nany = { url = "https://x.example/", sha256 = "${manifest}" }\n`;
    }),
  );
  const listed = [main, other].map(
    ({ id }) =>
      `[[registry]]\nid = "${id}"\nurl = "x"\nroot = { version = 1, sha256 = "${'0'.repeat(64)}" }\ncheckpoint = { epoch = 1, version = 1, sha256 = "${'0'.repeat(64)}" }\n`,
  );
  const text = `version = 1\n${listed.join('')}${locked.join('')}`;
  const routes = [routesOf(asked.routes ?? {})];
  return chooseVersions({
    wanted: Object.entries(want).map(([name, wish]) => ({
      name: pluginName(name),
      ...(typeof wish === 'string' ? { range: wish as VersionRange } : wish),
    })),
    update: asked.update ?? new Set(),
    registries,
    lock: readLockfile(new TextEncoder().encode(text), 'sheaf.lock').value,
    engines: {},
    platform: 'linux-x64',
    prereleases: asked.prereleases ?? false,
    policy: policyOf(asked.policy ?? {}),
    route: (name) => routeOf(routes, name),
    keepsLocked: asked.keepsLocked ?? false,
    now: main.now,
  });
}

async function refusal(asked: Asked): Promise<SheafError> {
  const outcome = await chosen(asked).catch((error: unknown) => error);
  if (outcome instanceof SheafError) return outcome;
  throw outcome instanceof Error ? outcome : new Error(`It chose ${JSON.stringify(outcome)}.`);
}

describe('of the versions of a registry', () => {
  it('the newest is taken, and no pre-release unless it is asked for', async () => {
    releases(main, '1.0.0', '1.1.0', '2.0.0-beta.1');
    expect(await chosen()).toEqual({ [NAME]: '1.1.0 from main' });
    expect(await chosen({ prereleases: true })).toEqual({ [NAME]: '2.0.0-beta.1 from main' });
    expect(await chosen({ want: { [NAME]: '2.0.0-beta.1' } })).toEqual({ [NAME]: '2.0.0-beta.1 from main' });
  });

  it('a yanked one is taken only where it is locked', async () => {
    releases(main, '1.0.0', '1.1.0');
    main.setPlugin(NAME, { yanked: { ['1.1.0' as Version]: 'breaks' } });
    expect(await chosen()).toEqual({ [NAME]: '1.0.0 from main' });
    expect(await chosen({ lock: { [NAME]: '1.1.0 from main' } })).toEqual({ [NAME]: '1.1.0 from main' });
    expect((await refusal({ want: { [NAME]: '1.1.0' } })).message).toContain('was yanked');
  });

  it('a deprecated one is taken only where nothing else fits', async () => {
    releases(main, '1.0.0', '1.1.0');
    main.setPlugin(NAME, { deprecatedVersions: { ['1.1.0' as Version]: 'slow' } });
    expect(await chosen()).toEqual({ [NAME]: '1.0.0 from main' });
    expect(await chosen({ want: { [NAME]: '^1.1.0' } })).toEqual({ [NAME]: '1.1.0 from main' });
  });

  it('a quarantined one is not taken, locked or not', async () => {
    releases(main, '1.0.0', '1.1.0');
    main.addStatus({ plugin: NAME, kind: 'quarantine', version: '1.1.0' as Version, reason: 'looks bad' });
    expect(await chosen()).toEqual({ [NAME]: '1.0.0 from main' });
    expect(await chosen({ lock: { [NAME]: '1.1.0 from main' } })).toEqual({ [NAME]: '1.0.0 from main' });
    const { code, message } = await refusal({ want: { [NAME]: '1.1.0' } });
    expect([code, message]).toEqual(['SHEAF_POLICY', expect.stringContaining('quarantine')]);
  });

  it('one of a tier that was not granted, or that the policy excludes, is not taken', async () => {
    releases(main, '1.0.0', { name: NAME, version: '1.1.0', tier: 'native' });
    expect(await chosen()).toEqual({ [NAME]: '1.0.0 from main' });
    expect((await refusal({ want: { [NAME]: '1.1.0' } })).message).toContain('has granted wasm');
    main.addStatus({ plugin: NAME, kind: 'grant-tier', tier: 'native' }, MAINTAINERS);
    expect(await chosen()).toEqual({ [NAME]: '1.1.0 from main' });
    expect(await chosen({ policy: { tiers: ['wasm'] } })).toEqual({ [NAME]: '1.0.0 from main' });
  });
});

describe('a policy', () => {
  it('lets a release wait, but not what is locked', async () => {
    releases(main, '1.0.0', '1.1.0');
    facts('1.0.0', 10);
    facts('1.1.0', 1);
    const policy = { minimum_release_age: '3d' };
    expect(await chosen({ policy })).toEqual({ [NAME]: '1.0.0 from main' });
    expect(await chosen({ policy, lock: { [NAME]: '1.1.0 from main' } })).toEqual({
      [NAME]: '1.1.0 from main',
    });
    const { code, message } = await refusal({ policy, want: { [NAME]: '1.1.0' } });
    expect(code).toBe('SHEAF_POLICY');
    expect(message).toContain('was published more recently than the policy allows');
  });

  it('lets a release not wait that mends an advisory about the locked one', async () => {
    releases(main, '1.0.0', '1.1.0', '1.2.0');
    facts('1.0.0', 10);
    facts('1.1.0', 1);
    facts('1.2.0', 1);
    const locked = { policy: { minimum_release_age: '3d' }, lock: { [NAME]: '1.0.0 from main' } } as const;
    expect(await chosen({ ...locked, update: 'all' })).toEqual({ [NAME]: '1.0.0 from main' });
    const advisory = (events: object[], withdrawn?: number): void => {
      main.source.set(
        'registry/security/advisories/PLUG-2026-0001.json',
        writeAdvisory({
          id: 'PLUG-2026-0001',
          modified: main.now,
          ...(withdrawn === undefined ? {} : { withdrawn }),
          affected: [
            { package: { ecosystem: 'sheaf:main', name: NAME }, ranges: [{ type: 'SEMVER', events }] },
          ],
        }),
      );
    };
    advisory([{ introduced: '0' }, { fixed: '1.2.0' }]);
    expect(await chosen({ ...locked, update: 'all' })).toEqual({ [NAME]: '1.2.0 from main' });
    // 1.1.0 has the fault, too, so for it there is no hurry.
    expect((await refusal({ ...locked, want: { [NAME]: '1.1.0' } })).code).toBe('SHEAF_POLICY');
    // Without a lock there is nothing to mend.
    expect(await chosen({ policy: locked.policy })).toEqual({ [NAME]: '1.0.0 from main' });
    advisory([{ introduced: '0' }, { fixed: '1.2.0' }], main.now);
    expect(await chosen({ ...locked, update: 'all' })).toEqual({ [NAME]: '1.0.0 from main' });
  });

  it('of scores and reviews takes what the registry knows of each version', async () => {
    releases(main, '1.0.0', '1.1.0');
    facts('1.0.0', 10, 90);
    facts('1.1.0', 10, 60);
    expect(await chosen({ policy: { minimum_score: 80 } })).toEqual({ [NAME]: '1.0.0 from main' });
    review('1.0.0', 'dana', 'approve');
    review('1.0.0', 'erin', 'approve');
    review('1.1.0', 'dana', 'approve');
    review('1.1.0', 'erin', 'reject');
    expect(await chosen({ policy: { required_reviews: 1 } })).toEqual({ [NAME]: '1.1.0 from main' });
    expect(await chosen({ policy: { required_reviews: 2 } })).toEqual({ [NAME]: '1.0.0 from main' });
    expect((await refusal({ policy: { required_reviews: 3 } })).message).toContain('the 3 reviewers');
  });

  it('of licences looks at what the owner signed', async () => {
    releases(main, '1.0.0', { name: NAME, version: '1.1.0', manifest: { license: 'GPL-3.0-only' } });
    expect(await chosen({ policy: { allow_licenses: ['MIT'] } })).toEqual({ [NAME]: '1.0.0 from main' });
    const { code, message } = await refusal({
      policy: { allow_licenses: ['MIT'] },
      want: { [NAME]: '^1.1.0' },
    });
    expect(code).toBe('SHEAF_POLICY');
    expect(message).toContain('has the licence GPL-3.0-only, which the policy does not admit');
  });

  it('can demand releases signed with a security key', async () => {
    releases(main, '1.0.0', '1.1.0');
    main.source.set(`${releaseDirectory('integrations', NAME)}/1.0.0.toml.sig`, signedBySecurityKey());
    expect(await chosen({ policy: { require_sk: true } })).toEqual({ [NAME]: '1.0.0 from main' });
  });

  it('has no say in what is locked when nothing may come in', async () => {
    releases(main, '1.0.0');
    const asked = { policy: { deny: ['*'] }, lock: { [NAME]: '1.0.0 from main' } };
    expect((await refusal(asked)).code).toBe('SHEAF_POLICY');
    expect(await chosen({ ...asked, keepsLocked: true })).toEqual({ [NAME]: '1.0.0 from main' });
    expect((await refusal({ policy: asked.policy, keepsLocked: true })).code).toBe('SHEAF_POLICY');
  });

  it('does not hide behind another obstacle', async () => {
    releases(main, { name: NAME, version: '1.0.0', dependencies: { users: '^1.0.0' } });
    releases(main, { name: 'users', version: '1.0.0', capabilities: ['net'] });
    const { code, message } = await refusal({ policy: { deny_capabilities: ['net'] } });
    expect(code).toBe('SHEAF_POLICY');
    expect(message).toContain('needs the capability net, which the policy denies');
  });
});

describe('of several registries', () => {
  it('the first that has a name is taken, and those before it are remembered', async () => {
    releases(other, '1.0.0');
    expect((await choose({})).choices).toMatchObject([{ registry: 'other', absentIn: ['main'] }]);
    releases(main, '0.1.0');
    expect((await choose({})).choices).toMatchObject([{ registry: 'main', absentIn: [] }]);
  });

  it('the locked one stays, also in an update, until a person or a route says otherwise', async () => {
    releases(other, '1.0.0', '1.1.0');
    releases(main, '9.0.0');
    const lock = { [NAME]: '1.0.0 from other' };
    expect(await chosen({ lock })).toEqual({ [NAME]: '1.0.0 from other' });
    expect(await chosen({ lock, update: 'all' })).toEqual({ [NAME]: '1.1.0 from other' });
    const wish = { range: '*' as VersionRange, registry: 'main' };
    expect(await chosen({ lock, want: { [NAME]: wish } })).toEqual({ [NAME]: '9.0.0 from main' });
    expect(await chosen({ lock, routes: { 'graph-*': 'main' } })).toEqual({ [NAME]: '9.0.0 from main' });
  });

  it('a route excludes all others, for wishes and for dependencies', async () => {
    releases(main, '9.0.0', { name: 'map', version: '1.0.0', dependencies: { [NAME]: '*' } });
    releases(other, '1.0.0', { name: 'map', version: '2.0.0', dependencies: { [NAME]: '*' } });
    const routes = { 'graph-*': 'other' };
    expect(await chosen({ routes })).toEqual({ [NAME]: '1.0.0 from other' });
    const torn = await refusal({ routes, want: { map: '1.0.0' } });
    expect(torn.code).toBe('SHEAF_POLICY');
    expect(torn.message).toContain('the routes do not let graph-lens come from the registry main');
    const range = '*' as VersionRange;
    const away = await refusal({ routes, want: { [NAME]: { range, registry: 'main' } } });
    expect([away.code, away.message]).toEqual([
      'SHEAF_POLICY',
      'graph-lens is wanted from registry main, but the routes have it come from other.',
    ]);
    const nowhere = await refusal({ routes: { 'graph-*': ['gone', 'main'] } });
    expect([nowhere.code, nowhere.message]).toEqual([
      'SHEAF_UNKNOWN_REGISTRY',
      'graph-lens is routed to registry gone, which is not configured.',
    ]);
  });

  it('a dependency comes from that of the plugin which needs it and from no other', async () => {
    releases(main, { name: 'users', version: '9.0.0' });
    releases(other, { name: NAME, version: '1.0.0', dependencies: { users: '*' } });
    const { code, message } = await refusal({});
    expect(code).toBe('SHEAF_UNKNOWN_PLUGIN');
    expect(message).toContain('the registry other has no plugin named users');
    releases(other, { name: 'users', version: '1.0.0' });
    expect(await chosen()).toEqual({ [NAME]: '1.0.0 from other', users: '1.0.0 from other' });
  });
});

/** In the form of a security key's signature; only who it says it is by is looked at before it is verified. */
function signedBySecurityKey(): Uint8Array {
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = joinBytes(wireString(type), wireString(testKey('author').publicKey.point), wireString('ssh:'));
  return writeArmor(
    'SSH SIGNATURE',
    joinBytes(
      Buffer.from('SSHSIG'),
      wireUint32(1),
      wireString(blob),
      wireString('release@sheaf'),
      wireString(''),
      wireString('sha512'),
      wireString(joinBytes(wireString(type), wireString(new Uint8Array(64)), Uint8Array.of(1, 0, 0, 0, 1))),
    ),
  );
}
