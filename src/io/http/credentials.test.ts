import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials, parseNetrc, tokenVariable } from './credentials.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sheaf-netrc-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

function ask(url: string, environment: Record<string, string>): Promise<string | undefined> {
  return createCredentials({ HOME: home, ...environment }).authorization(new URL(url));
}

describe('a token of the environment', () => {
  it('belongs to its host, with or without a port', async () => {
    const environment = { SHEAF_TOKEN_GIT_EXAMPLE_ORG: 'a', SHEAF_TOKEN_GIT_EXAMPLE_ORG_8443: 'b' };
    expect(await ask('https://git.example.org/x', environment)).toBe('Bearer a');
    expect(await ask('https://git.example.org:8443/x', environment)).toBe('Bearer b');
    expect(await ask('https://git.example.org:9999/x', environment)).toBe('Bearer a');
    expect(await ask('https://example.org/x', environment)).toBeUndefined();
  });

  it('is not sent to a host whose name only looks the same as a variable', async () => {
    expect(tokenVariable('git-example.org')).not.toBe(tokenVariable('git.example.org'));
    expect(await ask('https://git-example.org/', { SHEAF_TOKEN_GIT_EXAMPLE_ORG: 'a' })).toBeUndefined();
    expect(await ask('https://git-example.org/', { SHEAF_TOKEN_GIT__EXAMPLE_ORG: 'a' })).toBe('Bearer a');
  });

  it('that is empty is none', async () => {
    expect(await ask('https://example.org/', { SHEAF_TOKEN_EXAMPLE_ORG: '' })).toBeUndefined();
  });
});

describe('.netrc', () => {
  it('gives the login of a host, after the token of the environment', async () => {
    await writeFile(join(home, '.netrc'), 'machine example.org login me password p:w\n');
    const basic = `Basic ${Buffer.from('me:p:w').toString('base64')}`;
    expect(await ask('https://example.org/', {})).toBe(basic);
    expect(await ask('https://example.org:8443/', {})).toBe(basic);
    expect(await ask('https://www.example.org/', {})).toBeUndefined();
    expect(await ask('https://example.org/', { SHEAF_TOKEN_EXAMPLE_ORG: 'token' })).toBe('Bearer token');
  });

  it('may lie elsewhere, and need not be readable', async () => {
    await writeFile(join(home, 'elsewhere'), 'machine example.org login me password x');
    expect(await ask('https://example.org/', { NETRC: join(home, 'elsewhere') })).toMatch(/^Basic/);
    expect(await ask('https://example.org/', { NETRC: home })).toBeUndefined();
    expect(await ask('https://example.org/', { NETRC: join(home, 'absent') })).toBeUndefined();
  });

  it('is read as others read it: any layout, quotes, comments, macros, first entry first', () => {
    const logins = parseNetrc(`
# machine comment.org login a password b
machine one.org
  login me
  password "with space"
macdef init
machine macro.org login a password b

machine two.org password secret login you account x
machine one.org login other password other
machine nopassword.org login me
machine Upper.ORG login u password p
default login anybody password everywhere
`);
    expect(Object.fromEntries(logins)).toEqual({
      'one.org': { login: 'me', password: 'with space' },
      'two.org': { login: 'you', password: 'secret' },
      'upper.org': { login: 'u', password: 'p' },
    });
  });
});
