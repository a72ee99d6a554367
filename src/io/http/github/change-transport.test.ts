import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refusal } from '../../../../test/support/github/answers.ts';
import { primaryLimit, secondaryLimit } from '../../../../test/support/github/faults.ts';
import {
  landed,
  lensProposal,
  type ProposingWorld,
  proposingWorld,
} from '../../../../test/support/github/proposing-world.ts';

let world: ProposingWorld;

beforeEach(async () => {
  world = await proposingWorld();
});

afterEach(() => world.close());

const BRANCH = 'refs/heads/release/lens-1.2.0';
const WHOLE = [true, true];

describe('a proposal to a registry on GitHub', () => {
  test('becomes one commit on a branch of a new fork, and a pull request', async () => {
    const { github, registry, proposal } = world;
    const state = await world.transport().propose(proposal);
    const fork = github.find('alice', 'registry')!;
    const head = await fork.git.resolve(BRANCH);
    expect(state).toMatchObject({
      state: 'proposed',
      url: `${github.url}/acme/registry/pull/1`,
      commit: head,
      checks: 'none',
      failed: [],
    });
    expect(await landed(fork, BRANCH, proposal)).toEqual(WHOLE);
    expect(await fork.git.countAhead((await registry.git.resolve('refs/heads/main'))!, head!)).toBe(1);
    const [pull] = registry.issues;
    expect(pull).toMatchObject({ title: 'Release lens 1.2.0', body: 'Published with sheaf.' });
    expect(pull?.user.login).toBe('alice');
  });

  test('changes nothing when it is made a second time', async () => {
    const { github, proposal } = world;
    const first = await world.transport().propose(proposal);
    const before = github.changes().length;
    expect(await world.transport().propose(proposal)).toEqual(first);
    expect(github.changes()).toHaveLength(before);
  });

  test('gets one more commit when its files were corrected', async () => {
    const { github, registry, proposal } = world;
    await world.transport().propose(proposal);
    const corrected = lensProposal('1.2.0', 'license = "MIT"\n');
    const state = await world.transport().propose(corrected);
    const fork = github.find('alice', 'registry')!;
    expect(await landed(fork, BRANCH, corrected)).toEqual(WHOLE);
    expect(await fork.git.countAhead((await registry.git.resolve('refs/heads/main'))!, state.commit!)).toBe(
      2,
    );
    expect(registry.issues).toHaveLength(1);
  });

  test('is a branch of the registry itself for those who may push there, and needs no fork', async () => {
    const { github, registry, proposal } = world;
    github.setRole(registry, 'alice', 'push');
    await world.transport().propose(proposal);
    expect(await landed(registry, BRANCH, proposal)).toEqual(WHOLE);
    expect(github.find('alice', 'registry')).toBeUndefined();
  });

  test('starts at the registry as it is when the fork is behind, and brings the fork up to date', async () => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    const tip = await registry.git.commitFiles('main', { new: 'file' });
    const state = await world.transport().propose(proposal);
    expect(await fork.git.resolve('refs/heads/main')).toBe(tip);
    expect(await fork.git.resolve(`${state.commit}^`)).toBe(tip);
  });

  test('starts at the registry as it is when the fork conflicts with it, and leaves the fork alone', async () => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    const tip = await registry.git.commitFiles('main', { 'README.md': 'theirs' });
    const own = await fork.git.commitFiles('main', { 'README.md': 'mine' });
    const state = await world.transport().propose(proposal);
    expect(github.said.find(({ path }) => path.endsWith('/merge-upstream'))?.status).toBe(409);
    expect(await fork.git.resolve('refs/heads/main')).toBe(own);
    expect(await fork.git.resolve(`${state.commit}^`)).toBe(tip);
  });

  test('waits for a fork that is made in the background', async () => {
    const { github, proposal } = world;
    github.forkDelay = 4;
    expect((await world.transport().propose(proposal)).state).toBe('proposed');
  });

  test('goes on with a fork that is not complete yet', async () => {
    const { github, registry, alice, proposal } = world;
    github.forkDelay = 2;
    await github.fork(registry, alice.user);
    expect((await world.transport().propose(proposal)).state).toBe('proposed');
    expect(github.changes()).not.toContain('POST /repos/acme/registry/forks');
  });

  test('begins at the registry when the fork has no such branch', async () => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    await fork.git.setRef('refs/heads/trunk', (await fork.git.resolve('refs/heads/main'))!);
    await fork.git.deleteRef('refs/heads/main');
    Object.assign(fork, { defaultBranch: 'trunk' });
    expect((await world.transport().propose(proposal)).state).toBe('proposed');
    expect(await landed(fork, BRANCH, proposal)).toEqual(WHOLE);
  });

  test('finds the fork under the name that GitHub gave it', async () => {
    const { github, registry, proposal } = world;
    await github.createRepository('alice/registry');
    await world.transport().propose(proposal);
    await world.transport().propose(proposal);
    expect(await landed(github.find('alice', 'registry-1')!, BRANCH, proposal)).toEqual(WHOLE);
    expect(registry.issues).toHaveLength(1);
  });

  test('goes by way of the fork that its author names, and of no other repository', async () => {
    const { github, registry, alice, proposal } = world;
    const club = await github.fork(registry, github.createUser('club'));
    github.setRole(club, 'alice', 'push');
    await world.transport(alice, 'club/registry').propose(proposal);
    expect(await landed(club, BRANCH, proposal)).toEqual(WHOLE);
    expect(registry.issues[0]?.pull?.headRepository).toBe(club);
    await github.createRepository('alice/other');
    await expect(world.transport(alice, 'alice/other').propose(lensProposal('2.0.0'))).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      message: 'alice/other is no fork of acme/registry.',
    });
  });

  test('is refused with the permission that a fine-grained token lacks', async () => {
    const { github, registry, proposal } = world;
    await github.fork(registry, github.createUser('alice'));
    const token = github.fineGrainedToken('alice', { contents: 'write' });
    await expect(world.transport(token).propose(proposal)).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      message: expect.stringContaining('lacks the permission pull_requests: write'),
    });
  });

  test.each([
    [
      'a rate limit',
      primaryLimit(1_900_000_000),
      'SHEAF_NETWORK',
      /no more requests of this account until 2030-03-17T17:46:40Z/,
    ],
    [
      'a secondary one',
      secondaryLimit(403, 60),
      'SHEAF_NETWORK',
      /no more requests of this account until 20/,
    ],
    [
      'a token that expires',
      refusal(401, 'Bad credentials'),
      'SHEAF_AUTHENTICATION',
      /wrong, expired or revoked/,
    ],
  ] as const)('is stopped half-way by %s, and gone on with later', async (_, answer, code, message) => {
    const { github, registry, proposal } = world;
    github.faults.plan({ method: 'POST', path: /\/git\/refs$/ }, { answer });
    await expect(world.transport().propose(proposal)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(registry.issues).toEqual([]);
    expect((await world.transport().propose(proposal)).state).toBe('proposed');
  });

  test('takes up a branch that has the same files already', async () => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    await fork.git.setRef(BRANCH, (await fork.git.resolve('refs/heads/main'))!);
    const there = await fork.git.commitFiles('release/lens-1.2.0', Object.fromEntries(proposal.files));
    const { commit } = await world.transport().propose(proposal);
    expect(commit).toBe(there);
    expect(github.changes()).toEqual(['POST /repos/acme/registry/pulls']);
  });

  test.each([
    ['another file', { 'notes.md': 'work of somebody' }],
    ['a file that is gone', { 'README.md': null }],
  ])('is refused when its branch has other work: %s', async (_, files) => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    await fork.git.setRef(BRANCH, (await fork.git.resolve('refs/heads/main'))!);
    const before = await fork.git.commitFiles('release/lens-1.2.0', files);
    await expect(world.transport().propose(proposal)).rejects.toMatchObject({
      code: 'SHEAF_EXISTS',
      message: 'alice/registry has a branch "release/lens-1.2.0" with other work.',
    });
    expect(await fork.git.resolve(BRANCH)).toBe(before);
  });

  test('is refused once it was closed, and goes on when it is opened again', async () => {
    const { registry, proposal } = world;
    await world.transport().propose(proposal);
    const [pull] = registry.issues;
    pull!.state = 'closed';
    await expect(world.transport().propose(proposal)).rejects.toMatchObject({
      code: 'SHEAF_CANCELLED',
      message: 'Pull request 1 was closed without being merged.',
    });
    expect((await world.transport().state(proposal.branch)).state).toBe('closed');
    pull!.state = 'open';
    expect((await world.transport().propose(proposal)).state).toBe('proposed');
  });

  test('is done when it is merged, also when the branch is gone', async () => {
    const { github, registry, proposal } = world;
    const { url } = await world.transport().propose(proposal);
    await github.mergePull(registry, registry.issues[0]!);
    await github.find('alice', 'registry')!.git.deleteRef(BRANCH);
    const before = github.changes().length;
    expect(await world.transport().propose(proposal)).toMatchObject({ state: 'merged', url });
    expect(await world.transport().state(proposal.branch)).toMatchObject({ state: 'merged', url });
    expect(github.changes()).toHaveLength(before);
  });

  test('finds a registry that was renamed', async () => {
    const { github, registry, proposal } = world;
    github.rename(registry, 'plugins');
    expect((await world.transport().propose(proposal)).url).toBe(`${github.url}/acme/plugins/pull/1`);
  });

  test.each([
    [
      'gone',
      (one: ProposingWorld) => one.github.remove(one.registry),
      'SHEAF_PATH',
      /^There is no repository acme\/registry on 127/,
    ],
    [
      'archived',
      (one: ProposingWorld) => {
        one.registry.archived = true;
      },
      'SHEAF_USAGE',
      /archived/,
    ],
  ] as const)('is refused for a registry that is %s', async (_, change, code, message) => {
    change(world);
    await expect(world.transport().propose(world.proposal)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('the state of a proposal', () => {
  test.each([
    [[], 'none', []],
    [
      [
        { name: 'validate', state: 'success' },
        { name: 'ci', state: 'success', isStatus: true },
      ],
      'passed',
      [],
    ],
    [
      [
        { name: 'validate', state: 'neutral' },
        { name: 'scan', state: 'skipped' },
      ],
      'passed',
      [],
    ],
    [
      [
        { name: 'validate', state: 'success' },
        { name: 'scan', state: 'pending' },
      ],
      'pending',
      [],
    ],
    [
      [
        { name: 'validate', state: 'success' },
        { name: 'ci', state: 'pending', isStatus: true },
      ],
      'pending',
      [],
    ],
    [
      [
        { name: 'validate', state: 'failure', url: 'https://example.org/1' },
        { name: 'scan', state: 'timed_out' },
        { name: 'ci', state: 'error', url: 'javascript:alert(1)', isStatus: true },
        { name: 'bench', state: 'pending' },
      ],
      'failed',
      [{ name: 'validate', url: 'https://example.org/1' }, { name: 'scan' }, { name: 'ci' }],
    ],
  ] as const)('sums check runs and statuses up: %j', async (checks, expected, failed) => {
    const { github, registry, proposal } = world;
    const { commit } = await world.transport().propose(proposal);
    github.setChecks(registry, commit!, checks);
    expect(await world.transport().state(proposal.branch)).toMatchObject({ checks: expected, failed });
  });

  test('reads more checks than one page has', async () => {
    const { github, registry, proposal } = world;
    const { commit } = await world.transport().propose(proposal);
    const many = Array.from({ length: 150 }, (_, at) => ({ name: `check ${at}`, state: 'success' as const }));
    github.setChecks(registry, commit!, [...many, { name: 'last', state: 'failure' }]);
    const { checks, failed } = await world.transport().state(proposal.branch);
    expect(checks).toBe('failed');
    expect(failed).toEqual([{ name: 'last' }]);
  });

  test('says that nothing is proposed yet', async () => {
    const state = await world.transport().state('release/lens-9.9.9');
    expect(state).toMatchObject({ state: 'closed', hint: 'Nothing is proposed yet.' });
  });
});

describe('what a registry on GitHub tells', () => {
  test('is a file of the default branch, byte by byte, and undefined for what is not there', async () => {
    const { registry } = world;
    await registry.git.commitFiles('main', { 'a b/ä#.bin': Uint8Array.of(0, 200, 13, 10) });
    const transport = world.transport();
    expect([...(await transport.read('a b/ä#.bin'))!]).toEqual([0, 200, 13, 10]);
    expect(await transport.read('none')).toBeUndefined();
  });

  test('is who proposes', async () => {
    const { id } = world.alice.user;
    expect(await world.transport().account?.()).toEqual({ forge: 'github', id, login: 'alice' });
  });
});
