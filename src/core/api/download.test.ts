import { describe, expect, it } from 'vitest';
import type { Artifact, ReleaseManifest } from '../formats/manifest.ts';
import { downloadName, requestedPlatform } from './download.ts';

describe('the platform of a download', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101', 'linux-x64'],
    ['Mozilla/5.0 (X11; Linux aarch64)', 'linux-arm64'],
    ['Wget/1.21 (linux-gnu i686)', 'linux-ia32'],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'win32-x64'],
    ['Mozilla/5.0 (Windows NT 10.0; ARM64)', 'win32-arm64'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)', 'darwin-x64'],
    ['Mozilla/5.0 (X11; FreeBSD amd64)', 'freebsd-x64'],
    ['Mozilla/5.0 (Linux; Android 14; arm64)', 'any'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)', 'any'],
    ['curl/8.5.0', 'any'],
    [undefined, 'any'],
  ])('of %s is %s', (agent, platform) => {
    expect(requestedPlatform(null, agent)).toBe(platform);
  });

  it('that is named counts before the system, and must be one', () => {
    expect(requestedPlatform('win32-x64', 'Linux x86_64')).toBe('win32-x64');
    expect(() => requestedPlatform('win-x64', undefined)).toThrow('"win-x64" is not a platform.');
  });
});

describe('the name of a download', () => {
  it.each([
    ['wasm', 'any', 'https://a.example/x', 'lens-1.0.0.wasm'],
    ['archive', 'linux-x64', 'https://a.example/x.zip?raw=1', 'lens-1.0.0-linux-x64.zip'],
    ['archive', 'any', 'https://a.example/x.tgz', 'lens-1.0.0.tgz'],
    ['archive', 'any', 'https://a.example/download', 'lens-1.0.0.tar.gz'],
    ['binary', 'win32-x64', 'https://a.example/x', 'lens-1.0.0-win32-x64.exe'],
    ['binary', 'linux-x64', 'https://a.example/x', 'lens-1.0.0-linux-x64'],
  ] as const)('of a %s for %s at %s is %s', (kind, platform, url, name) => {
    const manifest = { name: 'lens', version: '1.0.0' } as unknown as ReleaseManifest;
    expect(downloadName(manifest, { kind, platform, url } as unknown as Artifact)).toBe(name);
  });
});
