import { describe, expect, it } from 'vitest';
import { packObjectCounter } from './git-http.ts';
import { gitLocation } from './git-location.ts';

describe('an address of a Git repository', () => {
  const forms: readonly (readonly [string, string, string, string])[] = [
    ['git+https://git.example/plugins', 'http', 'https://git.example/plugins', 'index'],
    ['git+https://git.example/plugins.git#staging', 'http', 'https://git.example/plugins.git', 'staging'],
    ['https://git.example/plugins.git', 'http', 'https://git.example/plugins.git', 'index'],
    ['git+http://127.0.0.1:8080/r', 'http', 'http://127.0.0.1:8080/r', 'index'],
    ['ssh://git@git.example/plugins.git#index', 'system', 'ssh://git@git.example/plugins.git', 'index'],
    ['git+ssh://git@git.example/plugins.git', 'system', 'ssh://git@git.example/plugins.git', 'index'],
    ['git@git.example:team/plugins.git', 'system', 'git@git.example:team/plugins.git', 'index'],
    ['file:///srv/plugins.git', 'system', 'file:///srv/plugins.git', 'index'],
    ['/srv/my plugins#index', 'system', 'file:///srv/my%20plugins', 'index'],
  ];
  it.each(forms)('%s', (text, transport, url, branch) => {
    expect(gitLocation(text)).toEqual({ transport, url, branch });
  });

  it('is not that of a static host, nor of a transport that runs programs', () => {
    for (const text of [
      'https://plugins.example/',
      'http://127.0.0.1/',
      'ext::sh -c id',
      'ftp://git.example/x',
      '',
    ]) {
      const location = gitLocation(text);
      expect(location?.url.startsWith('file://') ?? true).toBe(true);
    }
  });

  it('has no branch that git could take for an option or a path', () => {
    for (const branch of ['-x', '../x', 'a..b', 'a/', '.a', 'a.lock', 'a b', '', 'a//b']) {
      expect(gitLocation(`git+https://git.example/r#${branch}`)).toBeUndefined();
    }
  });
});

describe('the number of objects in a pack', () => {
  const head = Uint8Array.of(0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, 0, 3, 0x0d, 0x40);

  it('is read from its head, wherever the chunks are cut', () => {
    const stream = Buffer.concat([Buffer.from('0008NAK\nPACKage'), head, Buffer.from('objects')]);
    for (let size = 1; size <= stream.length; size += 1) {
      const count = packObjectCounter();
      let seen = 0;
      for (let at = 0; at < stream.length; at += size) seen = count(stream.subarray(at, at + size));
      expect(seen).toBe(200_000);
    }
  });

  it('is unknown before the head was seen', () => {
    expect(packObjectCounter()(head.subarray(0, 11))).toBe(0);
  });
});
