import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import {
  largeRelease,
  refusal,
  refusalOf,
  type UserOfRegistry,
  userOfRegistry,
} from '../support/registry-on-loopback.ts';

/** Hosts that do not send what the signed manifest promises. Whatever they do, the installed set stays whole. */

const OLD = { name: 'users', version: '1.0.0' };

/** A user with `users` installed, who is about to install `graph-lens`. */
async function aboutToInstall() {
  const user = await userOfRegistry([OLD, largeRelease('graph-lens', '1.0.0', 300_000)]);
  await user.does('install', 'users');
  return { user, before: await user.belongings(), host: new URL(user.artifacts.url).host };
}

/** What has been written down of unfinished downloads, in bytes. */
async function partialSizes(user: UserOfRegistry): Promise<readonly number[]> {
  const cache = user.at('home/cache');
  const partials = (await readdir(cache, { recursive: true })).filter((path) => path.endsWith('.part'));
  return Promise.all(partials.map(async (path) => (await stat(join(cache, path))).size));
}

it('refuses an artifact that is not there (404)', async () => {
  const { user, before, host } = await aboutToInstall();
  user.artifacts.misbehave = (_, __, response) => {
    response.writeHead(404).end('gone');
    return true;
  };
  expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
    refusal({
      status: 7,
      code: 'SHEAF_NETWORK',
      sentence: new RegExp(`^graph-lens 1\\.0\\.0 could not be downloaded: ${host} does not have it`),
      hint: /./,
    }),
  );
  expect(await user.belongings()).toEqual(before);
});

it.each([
  [
    'too short',
    (bytes: Uint8Array) => bytes.subarray(0, -1000),
    'SHEAF_SIZE',
    /sent \d+ bytes where \d+ were promised/,
  ],
  [
    'too long',
    (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(10)]),
    'SHEAF_SIZE',
    /longer|more than/,
  ],
  [
    'of another digest',
    (bytes: Uint8Array) => bytes.map((byte, at) => (at === 1000 ? byte ^ 1 : byte)),
    'SHEAF_DIGEST',
    /does not match its digest/,
  ],
] as const)('refuses an artifact that is %s, and keeps nothing of it', async (_, spoil, code, sentence) => {
  const { user, before } = await aboutToInstall();
  user.artifacts.misbehave = (path, _request, response) => {
    const bytes = user.registry.artifacts.get(user.artifacts.url + path);
    response.end(bytes === undefined ? '' : spoil(bytes));
    return true;
  };
  expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
    refusal({ status: 5, code, sentence, hint: /./ }),
  );
  expect(await user.belongings()).toEqual(before);

  // An honest host again: nothing of the wrong bytes stands in its way.
  user.artifacts.misbehave = undefined;
  await user.does('install', 'graph-lens');
  expect(await user.does('verify')).toContain('2 plugins as signed');
});

it('goes on where a download broke off when the host is back', async () => {
  const { user, before, host } = await aboutToInstall();
  let sent = 0;
  user.artifacts.misbehave = (path, _request, response) => {
    const bytes = user.registry.artifacts.get(user.artifacts.url + path) ?? new Uint8Array();
    sent = Math.floor(bytes.length / 2);
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, sent));
    // The host goes down for good as soon as half of the file has arrived.
    void vi
      .waitUntil(async () => (await partialSizes(user)).includes(sent), { interval: 1, timeout: 30_000 })
      .then(() => user.artifacts.stop());
    return true;
  };
  expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
    refusal({
      status: 7,
      code: 'SHEAF_NETWORK',
      sentence: new RegExp(`^graph-lens 1\\.0\\.0 could not be downloaded: ${host} refused the connection`),
      hint: /./,
    }),
  );
  expect(await user.belongings()).toEqual(before);

  user.artifacts.misbehave = undefined;
  user.artifacts.asked.length = 0;
  await user.artifacts.start();
  await user.does('install', 'graph-lens');
  expect(user.artifacts.asked).toEqual([
    { path: expect.stringContaining('graph-lens'), range: `bytes=${sent}-` },
  ]);
  expect(await user.does('verify')).toContain('2 plugins as signed');
});

it('takes artifacts from a mirror of the registry when their host is down', async () => {
  const { user } = await aboutToInstall();
  user.nameMirror();
  await user.registry.publish();
  await user.artifacts.stop();
  await user.does('install', 'graph-lens');
  expect(user.mirror.asked).toHaveLength(1);
  expect(await user.does('verify')).toContain('2 plugins as signed');
});

it('believes a mirror no more than the host of the artifacts', async () => {
  const { user } = await aboutToInstall();
  user.nameMirror();
  await user.registry.publish();
  await user.does('sync');
  const before = await user.belongings();
  await user.artifacts.stop();
  user.mirror.misbehave = (_, __, response) => {
    response.end('an HTML page, perhaps');
    return true;
  };
  expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
    refusal({
      status: 5,
      code: 'SHEAF_SIZE',
      sentence: /refused the connection; .* sent 21 bytes where/,
      hint: /./,
    }),
  );
  expect(await user.belongings()).toEqual(before);
});
