import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../../../testkit/temporary-directory.ts';
import { GITHUB, githubOf } from './address.ts';
import { findGithubToken } from './token.ts';

let programs: TemporaryDirectory;

beforeEach(async () => {
  programs = await temporaryDirectory();
});

afterEach(() => programs.remove());

const ENTERPRISE = { GITHUB_SERVER_URL: 'https://ghe.example.org' };

async function gh(script: string): Promise<void> {
  const path = join(programs.path, 'gh');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** Nothing of the machine that runs this test: its owner may be logged in. */
function only(environment: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: programs.path, ...environment };
}

describe('the token for GitHub', () => {
  test.each([
    [{ GH_TOKEN: 'a', GITHUB_TOKEN: 'b' }, 'a', 'GH_TOKEN'],
    [{ GH_TOKEN: '', GITHUB_TOKEN: 'b\n' }, 'b', 'GITHUB_TOKEN'],
    [{ SHEAF_TOKEN_GITHUB_COM: 'c', GH_TOKEN: 'a' }, 'c', 'SHEAF_TOKEN_GITHUB_COM'],
  ])('is found in %j', async (environment, value, origin) => {
    expect(await findGithubToken(GITHUB, only(environment))).toEqual({ value, origin });
  });

  test('is asked of gh when the environment has none, for its host', async () => {
    await gh('[ "$*" = "auth token --hostname github.com" ] && echo gho_secret');
    expect(await findGithubToken(GITHUB, only({}))).toEqual({ value: 'gho_secret', origin: 'gh auth token' });
    expect(await findGithubToken(githubOf(ENTERPRISE), only(ENTERPRISE))).toBeUndefined();
  });

  test.each([
    ['is not logged in', 'echo "no oauth token" >&2; exit 1'],
    ['says more than a token', 'echo one two'],
    ['says nothing', 'exit 0'],
  ])('is none when gh %s', async (_, script) => {
    await gh(script);
    expect(await findGithubToken(GITHUB, only({}))).toBeUndefined();
  });

  test('is none without gh', async () => {
    expect(await findGithubToken(GITHUB, only({}))).toBeUndefined();
  });

  test('of one server is never that of another', async () => {
    const workflow = { ...ENTERPRISE, GITHUB_TOKEN: 'enterprise', GH_TOKEN: 'enterprise' };
    expect(await findGithubToken(GITHUB, only(workflow))).toBeUndefined();
    expect((await findGithubToken(githubOf(ENTERPRISE), only(workflow)))?.value).toBe('enterprise');
    const person = { GH_ENTERPRISE_TOKEN: 'theirs', GH_TOKEN: 'mine' };
    expect((await findGithubToken(GITHUB, only(person)))?.value).toBe('mine');
    const both = { ...ENTERPRISE, ...person };
    expect((await findGithubToken(githubOf(ENTERPRISE), only(both)))?.value).toBe('theirs');
    expect(await findGithubToken(GITHUB, only(both))).toBeUndefined();
  });

  test('is for no interface but that of its server', async () => {
    const elsewhere = { api: 'https://api.example.org/', prefix: GITHUB.prefix };
    await gh('echo gho_secret');
    expect(await findGithubToken(elsewhere, only({ GH_TOKEN: 'a' }))).toBeUndefined();
  });

  test('is nothing that would end the header', async () => {
    expect(await findGithubToken(GITHUB, only({ GH_TOKEN: 'a\r\nHost: b' }))).toBeUndefined();
  });
});
