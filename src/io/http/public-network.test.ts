import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { guardedLookup, publicNetwork } from './public-network.ts';

describe('the public network', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:93.184.216.34',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'localhost',
    '',
  ])('does not reach to %j', (address) => {
    expect(publicNetwork().permits(address)).toBe(false);
  });

  it.each(['93.184.216.34', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450::5'])(
    'reaches to %s',
    (address) => {
      expect(publicNetwork().permits(address)).toBe(true);
    },
  );

  it('can be widened by a network or an address, and by no more than that', () => {
    const { permits } = publicNetwork(['10.1.0.0/16', '127.0.0.1', 'fd00:1::/32']);
    expect(['10.1.255.1', '127.0.0.1', 'fd00:1::7', '1.1.1.1'].map(permits)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['10.2.0.1', '127.0.0.2', 'fd00:2::7', '::1'].map(permits)).toEqual([false, false, false, false]);
  });

  it.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0/8',
    '10.0.0.0/8/8',
    '*',
    '',
    '::1/129',
    '10.0.0.0/-1',
  ])('is not widened by %j', (text) => {
    expect(() => publicNetwork([text])).toThrow(
      expect.objectContaining({
        code: 'SHEAF_USAGE',
        message: expect.stringContaining('neither an address'),
      }),
    );
  });
});

describe('a guarded lookup', () => {
  const answer = (lookup: LookupFunction, options: LookupOptions): Promise<unknown> =>
    new Promise((resolve, reject) => {
      lookup('files.example.org', options, (error, address) => (error ? reject(error) : resolve(address)));
    });
  const resolving = (...answers: readonly (readonly LookupAddress[])[]) => {
    const left = [...answers];
    return guardedLookup(
      publicNetwork([], (_hostname, _options, callback) => callback(null, [...(left.shift() ?? [])])),
    );
  };
  const good: LookupAddress = { address: '93.184.216.34', family: 4 };
  const bad: LookupAddress = { address: '10.0.0.5', family: 4 };

  it('hands on the addresses that it judged, in the form that a socket asks for', async () => {
    expect(await answer(resolving([good]), {})).toBe('93.184.216.34');
    expect(await answer(resolving([good]), { all: true })).toEqual([good]);
  });

  it('asks once for each connection, so that there is no second answer to use', async () => {
    const lookup = resolving([good], [bad]);
    expect(await answer(lookup, {})).toBe('93.184.216.34');
    await expect(answer(lookup, {})).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
  });

  it.each([
    ['a private address', [bad]],
    ['a private address after a public one', [good, bad]],
    ['no address', []],
  ] as const)('refuses a name with %s, and does not tell it', async (_, addresses) => {
    for (const all of [true, false]) {
      await expect(answer(resolving(addresses), { all })).rejects.toMatchObject({
        code: 'SHEAF_NETWORK',
        message: '"files.example.org" is not on the public internet.',
      });
    }
  });

  it('passes on that there is no such name', async () => {
    const lookup = guardedLookup(
      publicNetwork([], (_hostname, _options, callback) => callback(new Error('ENOTFOUND'), [])),
    );
    await expect(answer(lookup, {})).rejects.toThrow('ENOTFOUND');
  });
});
