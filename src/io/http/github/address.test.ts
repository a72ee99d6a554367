import { describe, expect, test } from 'vitest';
import { GITHUB, githubOf, githubPlace } from './address.ts';

const ENTERPRISE = {
  GITHUB_SERVER_URL: 'https://ghe.example.org',
  GITHUB_API_URL: 'https://ghe.example.org/api/v3',
};

describe('the GitHub server of an environment', () => {
  test('is GitHub itself without one, and as workflows name it', () => {
    expect(githubOf({})).toEqual(GITHUB);
    expect(
      githubOf({ GITHUB_SERVER_URL: 'https://github.com', GITHUB_API_URL: 'https://api.github.com' }),
    ).toEqual(GITHUB);
  });

  test('is the one that workflows of an Enterprise server name', () => {
    const server = { prefix: 'https://ghe.example.org/', api: 'https://ghe.example.org/api/v3/' };
    expect(githubOf(ENTERPRISE)).toEqual(server);
    expect(githubOf({ GITHUB_SERVER_URL: 'https://ghe.example.org/' })).toEqual(server);
  });

  test.each(['ghe.example.org', 'ftp://ghe.example.org', 'javascript:x'])('is not %s', (value) => {
    expect(() => githubOf({ GITHUB_SERVER_URL: value })).toThrow('which is not an address');
  });
});

describe('a repository on GitHub', () => {
  test.each([
    'https://github.com/acme/registry',
    'https://github.com/acme/registry/',
    'https://github.com/acme/registry.git',
    'git+https://github.com/acme/registry.git',
    'ssh://git@github.com/acme/registry.git',
    'git+ssh://git@github.com:22/acme/registry',
    'git@github.com:acme/registry.git',
  ])('is what %s names', (url) => {
    expect(githubPlace(url, {})).toEqual({ server: GITHUB, repository: 'acme/registry' });
    // Also where the environment names another server.
    expect(githubPlace(url, ENTERPRISE)?.server).toEqual(GITHUB);
  });

  test('is found on the server of the environment', () => {
    expect(githubPlace('git@ghe.example.org:acme/registry.git', ENTERPRISE)).toEqual({
      server: githubOf(ENTERPRISE),
      repository: 'acme/registry',
    });
    expect(githubPlace('git@ghe.example.org:acme/registry.git', {})).toBeUndefined();
  });

  test.each([
    'https://gitlab.com/acme/registry',
    'https://github.com.example.org/acme/registry',
    'https://github.com/acme',
    'https://github.com/acme/registry/tree/main',
    'https://github.com/acme/..',
    'https://github.com:8443/acme/registry',
    'https://github.com/acme/a%2Fb',
    '/srv/github.com/acme/registry',
    'file:///github.com/acme/registry',
    'not an address',
  ])('is not %s', (url) => {
    expect(githubPlace(url, {})).toBeUndefined();
  });
});
