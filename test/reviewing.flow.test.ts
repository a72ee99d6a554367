import { readdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import { type AuditFile, writeAuditFile } from '../src/core/formats/audit-file.ts';
import { writeCollectionFile } from '../src/core/formats/collection-file.ts';
import { writeReviewerPolicy } from '../src/core/formats/reviewer-policy.ts';
import { DAY } from '../src/core/instant.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import type { Version, VersionRange } from '../src/core/version.ts';
import { writeTree } from '../src/testkit/index.ts';
import { expectForm } from './support/json-output.ts';
import { type RealRegistry, realRegistry } from './support/real-registry.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** Reviews, promotions and collections over the whole way: files, signatures, the index, and what a client shows. */

const LENS = 'plugins/integrations/gr/graph-lens';
const REVIEWS = 'registry/reviews/gr/graph-lens';
const STATUS = 'registry/security/status/gr/graph-lens';
const NOW = Math.floor(Date.now() / 1000) * 1000;

/** A registry with dana's graph-lens 1.0.0, and the reviewers rita, saul, tess and uma. */
async function world(): Promise<RealRegistry> {
  const registry = await realRegistry();
  for (const name of ['dana', 'rita', 'saul', 'tess', 'uma']) await registry.key(name);
  const key = ['--key', `${registry.at('keys/dana')}.pub`, '--registry', registry.at('acme')];
  const { next } = await registry.data('owner-add', 'owner', 'add', 'dana', ...key);
  await registry.sign(next, 'dana');
  await registry.release('graph-lens', '1.0.0', 'dana');
  const person = (expertise: string[], maintainer = false) => ({ expertise, maintainer });
  await writeFile(
    registry.file('registry/policy/reviewers.toml'),
    writeReviewerPolicy({
      reviewers: 3,
      remindAfter: DAY,
      fallbackAfter: 3 * DAY,
      people: {
        rita: person(['security']),
        saul: person(['performance']),
        tess: person([], true),
        uma: person([]),
      },
    }),
  );
  return registry;
}

const review = (registry: RealRegistry, by: string, ...argv: string[]) =>
  registry.data(
    'review',
    'review',
    'graph-lens@1.0.0',
    '--verdict',
    'approve',
    '--key',
    registry.at('keys', by),
    '--registry',
    registry.at('acme'),
    ...(argv.includes('--rating') ? [] : ['--rating', '5']),
    ...argv,
  );

/** A review, and the line that makes the key of its reviewer known. */
async function reviewAndList(registry: RealRegistry, by: string, ...argv: string[]): Promise<void> {
  const { unlisted } = await review(registry, by, '--as', by, ...argv);
  const path = registry.file('registry/trust/reviewers.signers');
  const before = await readFile(path, 'utf8').catch(() => '');
  await writeFile(path, `${before}${String(unlisted)}\n`);
}

/** What machines found out, kept apart from the source. */
async function writeFacts(registry: RealRegistry, change: Partial<AuditFile> = {}): Promise<string[]> {
  const audit: AuditFile = {
    registry: 'acme',
    plugin: pluginName('graph-lens'),
    version: '1.0.0' as Version,
    published: NOW - 40 * DAY,
    scan: { rules: '1', score: 95, coverage: 1, passed: true, findings: [] },
    performance: { verdict: 'passed' },
    compatibility: [],
    downloads: { total: 101, months: {} },
    waivers: [],
    ...change,
  };
  const path = 'registry/security/audits/gr/graph-lens/1.0.0.toml';
  await writeTree(registry.at('facts'), new Map([[path, writeAuditFile(audit)]]));
  return ['--facts', registry.at('facts')];
}

async function fullyReviewed(registry: RealRegistry): Promise<void> {
  await reviewAndList(registry, 'rita', '--thoroughness', 'high', '--attest', 'security-audit');
  await reviewAndList(registry, 'saul', '--attest', 'performance-review');
  await reviewAndList(registry, 'tess', '--attest', 'endorsement');
}

interface Step {
  readonly state: string;
  readonly promotion: { readonly criteria: readonly { id: string; met: boolean; evidence: string[] }[] };
  readonly ceremony: { readonly path: string; readonly next: unknown } | null;
}

async function promote(registry: RealRegistry, ...argv: string[]): Promise<{ status: number; data: Step }> {
  const words = ['promote', ...argv, '--registry', registry.at('acme'), '--json'];
  const { status, stdout } = await registry.sheaf(...words);
  const document = JSON.parse(stdout) as { data: Step };
  expectForm('cli-output.schema.json#/$defs/promote', document);
  return { status, data: document.data };
}

const unmet = ({ promotion }: Step): readonly string[] =>
  promotion.criteria.filter(({ met }) => !met).map(({ id }) => id);

describe('sheaf review', () => {
  it('signs what ssh-keygen verifies, about exactly the manifest in the checkout', async () => {
    const registry = await world();
    const written = await review(registry, 'rita', '--as', 'rita', '--text', 'Read all of it.');
    const manifest = await readFile(registry.file(`${LENS}/1.0.0.toml`));
    expect(written).toMatchObject({ path: `${REVIEWS}/1.0.0.rita.toml`, manifest: sha256(manifest) });
    await writeFile(registry.at('reviewers.signers'), `${String(written['unlisted'])}\n`);
    const path = registry.file(`${REVIEWS}/1.0.0.rita.toml`);
    const verify = ['-f', registry.at('reviewers.signers'), '-I', 'rita', '-n', 'review@sheaf'];
    const checked = await runSheaf(['signature', 'verify', ...verify, '-s', `${path}.sig`], {
      input: await readFile(path),
    });
    expect(checked).toMatchObject({ status: 0 });
  });

  it('knows the reviewer by the key once it is listed, and replaces only their own review', async () => {
    const registry = await world();
    await reviewAndList(registry, 'rita');
    const again = await review(registry, 'rita', '--rating', '2');
    expect(again).toMatchObject({ reviewer: 'rita', replaced: true });
    expect(again).not.toHaveProperty('unlisted');
    expect(await readFile(registry.file(`${REVIEWS}/1.0.0.rita.toml`), 'utf8')).toContain('rating = 2');
    const whose = ['--key', registry.at('keys/saul'), '--as', 'rita', '--registry', registry.at('acme')];
    const words = ['--rating', '1', '--verdict', 'reject', ...whose];
    const stolen = await registry.sheaf('review', 'graph-lens@1.0.0', ...words);
    expect(stolen).toMatchObject({ status: 1 });
    expect(stolen.stderr).toContain('not signed with this key');
  });

  it('is not for the owner, under whatever name, and writes nothing with --dry-run', async () => {
    const registry = await world();
    const words = ['review', 'graph-lens@1.0.0', '--rating', '5', '--verdict', 'approve'];
    const at = ['--registry', registry.at('acme')];
    for (const name of ['dana', 'somebody']) {
      const key = ['--key', registry.at('keys/dana'), '--as', name];
      const own = await registry.sheaf(...words, ...key, ...at);
      expect(own).toMatchObject({ status: 9 });
      expect(own.stderr).toContain('belongs to dana');
    }
    await review(registry, 'rita', '--as', 'rita', '--dry-run');
    await expect(readdir(registry.file(REVIEWS))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['graph-lens', 2, 'which version'],
    ['graph-lens@9.9.9', 6, 'has no graph-lens 9.9.9'],
    ['graph-lnes@1.0.0', 6, 'has no plugin graph-lnes'],
  ])('refuses %s with a sentence', async (spec, status, sentence) => {
    const registry = await world();
    const words = [
      '--rating',
      '5',
      '--verdict',
      'approve',
      '--key',
      registry.at('keys/rita'),
      '--as',
      'rita',
    ];
    const refused = await registry.sheaf('review', spec, ...words, '--registry', registry.at('acme'));
    expect(refused).toMatchObject({ status });
    expect(refused.stderr).toContain(sentence);
  });
});

describe('sheaf promote', () => {
  it('grants nothing while a criterion is unmet, and shows the evidence for each', async () => {
    const registry = await world();
    const facts = await writeFacts(registry, {
      downloads: { total: 100, months: {} },
      published: NOW - 10 * DAY,
    });
    const { status, data } = await promote(registry, 'graph-lens', '--to', 'native', ...facts);
    expect(status).toBe(9);
    expect(data).toMatchObject({ state: 'unmet', ceremony: null });
    expect(unmet(data)).toEqual([
      'downloads',
      'incident_free_days',
      'approvals',
      'maintainers',
      'security_audit',
      'performance_review',
    ]);
    const said = data.promotion.criteria.find(({ id }) => id === 'incident_free_days')?.evidence[0];
    expect(said).toMatch(/^10 days since it was first published on \d{4}-\d\d-\d\d\.$/);
    await expect(readdir(registry.file(STATUS))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('writes one event when all is met, which counts once enough maintainers have signed it', async () => {
    const registry = await world();
    const facts = await writeFacts(registry);
    await fullyReviewed(registry);
    const dry = await promote(registry, 'graph-lens', '--to', 'native', ...facts, '--dry-run');
    expect(dry.data).toMatchObject({ state: 'waiting' });
    await expect(readdir(registry.file(STATUS))).rejects.toMatchObject({ code: 'ENOENT' });

    const { data } = await promote(registry, 'graph-lens', '--to', 'native', ...facts);
    expect(unmet(data)).toEqual([]);
    await registry.sign(data.ceremony?.next, 'alice');
    const waiting = await promote(registry, 'graph-lens', '--to', 'native', ...facts);
    expect(waiting.data).toMatchObject({
      state: 'waiting',
      ceremony: { path: data.ceremony?.path, demands: [{ signed: ['alice'], missing: ['bob', 'carol'] }] },
    });
    await registry.sign(waiting.data.ceremony?.next, 'bob');
    expect((await promote(registry, 'graph-lens', '--to', 'native', ...facts)).data.state).toBe('done');
    expect(await readdir(registry.file(STATUS))).toHaveLength(3);

    await registry.publish();
    const root = `sha256:${await registry.digest('registry/trust/root/1.signers')}`;
    await registry.user('registry', 'add', registry.at('www'), '--root', root);
    const shown = JSON.parse((await registry.user('info', 'graph-lens', '--json')).stdout) as {
      data: { badges: { badge: string }[]; rating: number; ratingCount: number };
    };
    expectForm('cli-output.schema.json#/$defs/info', shown);
    expect(shown.data.badges.map(({ badge }) => badge)).toEqual(['community', 'verified', 'signed']);
    expect(shown.data).toMatchObject({ rating: 4.2, ratingCount: 3 });
    expect((await registry.user('info', 'graph-lens')).stdout).toMatch(
      /^ {2}verified +Maintainers granted the tier native/m,
    );
  });

  it('counts a review for nothing when its signature is missing, foreign, of an owner, or of a revoked key', async () => {
    const registry = await world();
    const facts = await writeFacts(registry);
    await fullyReviewed(registry);
    const approvals = async (): Promise<string> => {
      const { data } = await promote(registry, 'graph-lens', '--to', 'native', ...facts, '--dry-run');
      return data.promotion.criteria.find(({ id }) => id === 'approvals')?.evidence.join(' ') ?? '';
    };
    expect(await approvals()).not.toContain('missing');
    const file = registry.file(`${REVIEWS}/1.0.0.saul.toml`);
    const good = await readFile(file, 'utf8');
    await writeFile(file, good.replace('rating = 5', 'rating = 4'));
    expect(await approvals()).toContain('by saul does not count: its signature does not match');
    await writeFile(file, good);
    const key = registry.at('keys/saul.pub');
    await registry.does('owner', 'revoke', key, '--registry', registry.at('acme'));
    expect(await approvals()).toMatch(/by saul does not count: the key SHA256:\S+ is revoked/);
    const signers = registry.file('registry/trust/reviewers.signers');
    await writeFile(signers, (await readFile(signers, 'utf8')).replace(/^rita.*\n/m, ''));
    expect(await approvals()).toMatch(/by rita does not count: the key SHA256:\S+ is not one of rita/);
  });

  it('does not count reviews of other bytes, and a new release starts over', async () => {
    const registry = await world();
    await fullyReviewed(registry);
    await registry.release('graph-lens', '1.1.0', 'dana');
    const { data } = await promote(registry, 'graph-lens', '--to', 'native', '--dry-run');
    expect(unmet(data)).toEqual(expect.arrayContaining(['approvals', 'security_audit', 'scan_passed']));
    expect(unmet(data)).not.toContain('maintainers');
  });

  it('quarantines at once and lifts it only with signatures; core asks for native first', async () => {
    const registry = await world();
    const reason = ['--reason', 'sends data elsewhere'];
    // A moment ahead: what lifts it must be later, and one second may hold both.
    const soon = new Date(NOW + 5000).toISOString().replace('.000', '');
    const stopped = await promote(registry, 'graph-lens@1.0.0', '--quarantine', ...reason, '--date', soon);
    expect(stopped).toMatchObject({ status: 0, data: { state: 'done', promotion: null } });
    const facts = await writeFacts(registry);
    const core = await promote(registry, 'graph-lens', '--to', 'core', ...facts);
    expect(unmet(core.data)).toEqual(expect.arrayContaining(['tier_below', 'incident_free_days']));
    const back = ['--release', '--reason', 'it was a mistake'];
    const past = ['--date', '2026-01-01T00:00:00Z', '--registry', registry.at('acme')];
    const early = await registry.sheaf('promote', 'graph-lens', ...back, ...past);
    expect(early).toMatchObject({ status: 2 });
    expect(early.stderr).toContain('an earlier event gives nothing back');
    const lifted = await promote(registry, 'graph-lens', ...back);
    expect(lifted.data).toMatchObject({ state: 'waiting' });
    await registry.sign(lifted.data.ceremony?.next, 'alice', 'carol');
    const twice = ['--release', '--reason', 'twice', '--registry', registry.at('acme')];
    const again = await registry.sheaf('promote', 'graph-lens', ...twice);
    expect(again).toMatchObject({ status: 2 });
    expect(again.stderr).toContain('neither quarantined nor held for malware');
    const second = await promote(registry, 'graph-lens', '--quarantine', ...reason);
    expect(second.data.ceremony?.path).toMatch(/-quarantine-2\.toml$/);
  });

  it.each([
    [[], 'One change at a time'],
    [['--to', 'native', '--quarantine'], 'One change at a time'],
    [['--quarantine'], 'Nothing tells the reason'],
    [['--quarantine', '--reason', 'x', '--advisory', 'PLUG-2026-0001'], '--advisory names'],
    [['--to', 'native', '--date', 'yesterday'], 'is not a date and time'],
    [['--to', 'platinum'], 'platinum'],
  ])('refuses %j with a sentence, before it looks at anything', async (words, sentence) => {
    const refused = await runSheaf(['promote', 'graph-lens', ...words, '--registry', '/nowhere']);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain(sentence);
  });
});

describe('collections', () => {
  it('are listed with the featured ones first, and shown with what the registry has of them', async () => {
    const registry = await world();
    const lens = { name: pluginName('graph-lens'), versions: '>=1' as VersionRange };
    const gone = { name: pluginName('long-gone'), note: 'was good' };
    for (const [id, featured, certifies] of [
      ['a-list', false, true],
      ['b-list', true, false],
    ] as const) {
      const file = { title: id, description: 'What we use', curator: 'guild', featured, certifies };
      await writeTree(
        registry.at('acme'),
        new Map([
          [`registry/collections/${id}.toml`, writeCollectionFile({ ...file, plugins: [lens, gone] })],
        ]),
      );
    }
    await registry.publish();
    const root = `sha256:${await registry.digest('registry/trust/root/1.signers')}`;
    await registry.user('registry', 'add', registry.at('www'), '--root', root);
    const ask = async (definition: string, ...words: string[]) => {
      const document = JSON.parse((await registry.user(...words, '--json')).stdout) as { data: object };
      expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
      return document.data;
    };
    expect(await ask('collection-list', 'collection', 'list')).toMatchObject({
      collections: [{ id: 'b-list', featured: true, pluginCount: 2 }, { id: 'a-list' }],
    });
    expect(await ask('collection-show', 'collection', 'show', 'a-list')).toMatchObject({
      plugins: [
        { name: 'graph-lens', versions: '>=1', latest: '1.0.0' },
        { name: 'long-gone', note: 'was good', latest: null, description: null },
      ],
    });
    expect((await registry.user('collection', 'list')).stdout).toMatch(/b-list .*featured/);
    expect((await registry.user('collection', 'show', 'a-list')).stdout).toContain('guild certifies');
    const wrong = await registry.user('collection', 'show', 'a-lits');
    expect(wrong).toMatchObject({ status: 6 });
    expect(wrong.stderr).toContain('Did you mean a-list?');
    const shown = JSON.parse((await registry.user('info', 'graph-lens', '--json')).stdout) as {
      data: { badges: { badge: string; because: string }[] };
    };
    expect(shown.data.badges).toContainEqual({
      badge: 'certified',
      because: 'Certified by guild (collection a-list).',
    });
  });
});
