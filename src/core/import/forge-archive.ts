/**
 * The only directory at the top of a source archive that GitHub makes of a commit; undefined for any other URL.
 * It is how a path with a wildcard in that place can be told without looking:
 * `https://github.com/OWNER/REPO/archive/[refs/tags/]REF.tar.gz` unpacks to `REPO-REF/`, where the `v` in front of
 * a version is dropped and a slash becomes a hyphen.
 */
export function forgeArchiveTop(url: string): string | undefined {
  const archive =
    /^https:\/\/github\.com\/[^/]+\/([^/]+)\/archive\/(?:refs\/(?:tags|heads)\/)?(.+)\.(?:tar\.gz|zip)$/;
  const [, repository, reference] = archive.exec(url) ?? [];
  if (repository === undefined || reference === undefined) return undefined;
  return `${repository}-${reference.replace(/^v(?=\d)/, '').replaceAll('/', '-')}`;
}

/**
 * The narrowest URL prefix that later releases of the same project are likely to share: the repository on a
 * forge, elsewhere the directory of the file. It ends with a slash.
 */
export function releasePrefix(url: string): string {
  const repository = /^https:\/\/(?:github\.com|gitlab\.com|codeberg\.org)\/[^/]+\/[^/]+\//.exec(url)?.[0];
  return repository ?? url.slice(0, url.replace(/[?#].*$/, '').lastIndexOf('/') + 1);
}

/** The repository that a home page is, or lies in; undefined when it is none of a forge. */
export function repositoryOf(homepage: string): string | undefined {
  return /^https:\/\/(?:github\.com|gitlab\.com|codeberg\.org)\/[^/?#]+\/[^/?#]+/
    .exec(homepage)?.[0]
    .replace(/\.git$/, '');
}
