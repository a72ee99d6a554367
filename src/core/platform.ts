/** Where an artifact runs: `any`, or `<os>-<cpu>` in Node's own words (`process.platform`, `process.arch`). */
export type Platform = string;

/** Runs everywhere. */
export const ANY_PLATFORM: Platform = 'any';

/** The platforms an artifact may name; `schemas/release.schema.json` lists the same. */
export const PLATFORMS: readonly Platform[] = [
  ANY_PLATFORM,
  'linux-x64',
  'linux-arm64',
  'linux-arm',
  'linux-ia32',
  'linux-ppc64',
  'linux-riscv64',
  'linux-s390x',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64',
  'win32-arm64',
  'win32-ia32',
  'freebsd-x64',
  'freebsd-arm64',
];

/** The one of `offered` that runs on `platform`: the exact match, else `any`, else undefined. */
export function matchPlatform(offered: readonly Platform[], platform: Platform): Platform | undefined {
  if (offered.includes(platform)) return platform;
  return offered.includes(ANY_PLATFORM) ? ANY_PLATFORM : undefined;
}
