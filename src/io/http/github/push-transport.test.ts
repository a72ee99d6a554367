import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  landed,
  type ProposingWorld,
  proposingWorld,
} from '../../../../test/support/github/proposing-world.ts';
import type { Repository, Token } from '../../../../test/support/github/state.ts';
import type { ChangeTransport } from '../../../core/submission-ports.ts';
import { createRegistryRepository, type RegistryRepository } from '../../git/registry-repository.ts';
import { createGithubPush } from './push-transport.ts';

let world: ProposingWorld;
let opened: RegistryRepository[];

beforeEach(async () => {
  world = await proposingWorld();
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((registry) => registry.close()));
  await world.close();
});

/** Alice's machine: Git knows her password, sheaf does not. */
function machine(token: Token | undefined, fork?: Repository): ChangeTransport {
  const { github } = world;
  const environment = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GITHUB_SERVER_URL: github.url,
    ...(token === undefined
      ? {}
      : {
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'http.extraHeader',
          GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`x:${token.value}`).toString('base64')}`,
        }),
  };
  const registry = createRegistryRepository(`${github.url}/acme/registry`, environment);
  opened.push(registry);
  const place = {
    registry,
    environment,
    ...(fork === undefined ? {} : { fork: `${github.url}/${fork.owner.login}/${fork.name}` }),
  };
  const server = { api: `${github.api}/`, prefix: `${github.url}/` };
  return createGithubPush(place, { server, repository: 'acme/registry' });
}

describe('a proposal without a token', () => {
  test('is pushed to the fork, and its pull request is opened at the address that is told', async () => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    const state = await machine(alice, fork).propose(proposal);
    expect(state).toMatchObject({
      state: 'local',
      url: `${github.url}/acme/registry/compare/alice%3Arelease/lens-1.2.0?expand=1`,
      checks: 'none',
    });
    expect(await landed(fork, 'refs/heads/release/lens-1.2.0', proposal)).toEqual([true, true]);
    expect(github.said.some(({ path }) => path.startsWith('/repos'))).toBe(false);
    expect(await machine(alice, fork).propose(proposal)).toEqual(state);
    expect(await machine(alice, fork).state(proposal.branch)).toEqual(state);
  });

  test('is pushed to the registry by those who may', async () => {
    const { github, registry, alice, proposal } = world;
    github.setRole(registry, 'alice', 'push');
    const { url } = await machine(alice).propose(proposal);
    expect(url).toBe(`${github.url}/acme/registry/compare/release/lens-1.2.0?expand=1`);
    expect(await landed(registry, 'refs/heads/release/lens-1.2.0', proposal)).toEqual([true, true]);
  });

  test.each([
    ['has no credentials', () => undefined],
    ['may not push', () => world.alice],
  ])('says what to do when git %s', async (_, token) => {
    await expect(machine(token()).propose(world.proposal)).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      message: 'There is no token for GitHub, and git may not push to acme/registry.',
      hint: expect.stringContaining('GH_TOKEN'),
    });
  });

  test('is not there before it is made', async () => {
    expect(await machine(undefined).state('release/lens-1.2.0')).toMatchObject({ state: 'closed' });
  });
});
