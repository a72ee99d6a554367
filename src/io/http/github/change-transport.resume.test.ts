import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  landed,
  type ProposingWorld,
  proposingWorld,
} from '../../../../test/support/github/proposing-world.ts';
import { SheafError } from '../../../core/errors.ts';

let world: ProposingWorld;

beforeEach(async () => {
  world = await proposingWorld();
});

afterEach(() => world.close());

const BRANCH = 'refs/heads/release/lens-1.2.0';

/** What has become of the world: the same however often a run was broken off. */
async function outcome(one: ProposingWorld): Promise<unknown> {
  const { github, registry, proposal } = one;
  const [tip] = await registry.git.refs('refs/heads/main');
  const forks = [...github.repositories.keys()].filter((name) => name.startsWith('alice/'));
  const fork = github.find('alice', 'registry')!;
  const head = (await fork.git.resolve(BRANCH))!;
  return {
    forks,
    files: await landed(fork, BRANCH, proposal),
    commits: await fork.git.countAhead(tip!.sha, head),
    changed: (await fork.git.differences(tip!.sha, head)).length,
    branches: (await fork.git.refs('refs/heads')).map(({ ref }) => ref),
    pulls: registry.issues.map(({ title, state, pull }) => [title, state, pull!.headSha === head]),
  };
}

const WANTED = {
  forks: ['alice/registry'],
  files: [true, true],
  commits: 1,
  changed: 2,
  branches: ['refs/heads/main', BRANCH],
  pulls: [['Release lens 1.2.0', 'open', true]],
};

async function runOf(one: ProposingWorld): Promise<unknown> {
  return await one
    .transport()
    .propose(one.proposal)
    .then(
      ({ state }) => state,
      (error: unknown) => (error instanceof SheafError ? error.code : error),
    );
}

describe('a proposal that is broken off', () => {
  test.each([
    ['before the request arrives', false],
    ['after it was carried out', true],
  ])(
    'at any request, %s, is the same in the end as one that was not',
    { timeout: 300_000 },
    async (_, carriedOut) => {
      expect(await runOf(world)).toBe('proposed');
      expect(await outcome(world)).toEqual(WANTED);
      const requests = world.github.said.length;
      expect(requests).toBeGreaterThan(15);
      for (let k = 1; k <= requests; k += 1) {
        const other = await proposingWorld();
        try {
          // The fork is there after a while only, so that the wait can be broken off, too.
          other.github.forkDelay = 2;
          other.github.faults.cutFrom(k, { carriedOut });
          expect(await runOf(other), `cut at request ${k}`).toBe('SHEAF_NETWORK');
          other.github.faults.clear();
          expect(await runOf(other), `again after request ${k}`).toBe('proposed');
          expect(await outcome(other), `cut at request ${k}`).toEqual(WANTED);
        } finally {
          await other.close();
        }
      }
    },
  );

  test('by nothing but one answer that gets lost goes on by itself, whichever it is', {
    timeout: 300_000,
  }, async () => {
    await runOf(world);
    const changes = world.github.changes();
    expect(changes.length).toBeGreaterThan(5);
    for (const [at, change] of changes.entries()) {
      const other = await proposingWorld();
      try {
        const [method = '', path = ''] = change.split(' ');
        // Requests to the same address come one after the other; those before this one go well.
        const after = changes.slice(0, at).filter((one) => one === change).length;
        other.github.faults.plan(
          { method, path: new RegExp(`^${path}$`), after },
          { answer: { status: 502, body: Buffer.from('<html>Bad gateway</html>') }, carriedOut: true },
        );
        expect(await runOf(other), `${change} answered with 502`).toBe('proposed');
        expect(await outcome(other), `${change} answered with 502`).toEqual(WANTED);
      } finally {
        await other.close();
      }
    }
  });
});
