import { isVersion, type Version } from '../version.ts';

/**
 * The version that a tag such as `v1.2.3` means. Lists demand semantic versions; what is merely close to one
 * (`v1.2`, `v1.02.3`, `v1.2.3+build`) becomes the version it orders like. Undefined when nothing is close.
 */
export function versionOfTag(
  tag: string,
): { readonly version: Version; readonly exact: boolean } | undefined {
  const plain = tag.replace(/^v/, '');
  if (isVersion(plain)) return { version: plain, exact: true };
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.exec(plain);
  if (match === null) return undefined;
  const [, major, minor, patch, prerelease = ''] = match;
  const numbers = [major, minor, patch].map((number = '0') => number.replace(/^0+(?=\d)/, ''));
  const version = `${numbers.join('.')}${prerelease}`;
  return isVersion(version) ? { version, exact: false } : undefined;
}
