import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { landed, type ProposingWorld, proposingWorld } from '../../test/support/github/proposing-world.ts';
import { sha256 } from '../core/digest.ts';
import { createRegistryRepository } from '../io/git/registry-repository.ts';
import { connectGithubRelease, connectGithubTransport, githubPlace } from './forge.ts';

let world: ProposingWorld;

beforeEach(async () => {
  world = await proposingWorld();
});

afterEach(() => world.close());

const { signal } = new AbortController();

describe('a registry on GitHub', () => {
  test.each([
    ['with a token, by its API', true, 'proposed'],
    ['without one, by git', false, 'local'],
  ])('gets a proposal %s', async (_, hasToken, expected) => {
    const { github, registry, alice, proposal } = world;
    const fork = await github.fork(registry, alice.user);
    const environment = {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`x:${alice.value}`).toString('base64')}`,
      ...github.environment(hasToken ? alice : undefined),
    };
    const url = `${github.url}/acme/registry.git`;
    const source = createRegistryRepository(url, environment);
    const place = { registry: source, environment, fork: `${github.url}/alice/registry` };
    const connected = connectGithubTransport(githubPlace(url, environment)!, place, { environment, signal });
    try {
      expect((await connected.transport.propose(proposal)).state).toBe(expected);
      expect((await connected.transport.state(proposal.branch)).state).toBe(expected);
      const account = await connected.transport.account?.();
      expect(account?.login).toBe(hasToken ? 'alice' : undefined);
      expect(await landed(fork, 'refs/heads/release/lens-1.2.0', proposal)).toEqual([true, true]);
    } finally {
      await connected.close();
      await source.close();
    }
  });

  test('hosts the files of a release, and asks for a token where there is none', async () => {
    const { github, alice } = world;
    await github.createRepository('alice/lens');
    const bytes = Buffer.from('module');
    const files = [{ name: 'lens.wasm', bytes, sha256: sha256(bytes) }];
    const plan = { repository: 'alice/lens', tag: 'lens-1.2.0', title: 'Lens', body: '' };
    const environment = { PATH: '', HOME: '/nonexistent', ...github.environment() };
    const { server } = githubPlace(`${github.url}/alice/lens`, environment)!;
    const without = connectGithubRelease(server, plan, { environment, signal });
    await expect(without.host.publish(files)).rejects.toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      hint: 'Put a token into GH_TOKEN, or run gh auth login.',
    });
    await without.close();
    const own = { ...environment, GH_TOKEN: alice.value };
    const connected = connectGithubRelease(server, plan, { environment: own, signal });
    await connected.host.publish(files);
    await connected.close();
    expect(await (await fetch(connected.host.addressOf('lens.wasm'))).text()).toBe('module');
  });
});
