import { rm } from 'node:fs/promises';
import type { IndexSource } from '../../src/core/ports.ts';
import { createGitHttp, type GitHttp } from '../../src/io/git/git-http.ts';
import type { GitLocation } from '../../src/io/git/git-location.ts';
import { openGitRepository, toGitError } from '../../src/io/git/git-repository.ts';
import { createCredentials } from '../../src/io/http/credentials.ts';

interface Unusual {
  /** What the source is called; the address of the location when absent. */
  readonly url?: string;
  readonly http?: GitHttp;
}

/**
 * The Git transport without its child process: the same protocol and the same reader. The child bounds what a hostile
 * pack may use, which other tests are about, and starting one for each client takes longer than all the rest.
 */
export function gitInProcess(
  location: GitLocation,
  gitdir: string,
  {
    url = location.url,
    http = createGitHttp(createCredentials({ HOME: gitdir }), location.branch),
  }: Unusual = {},
): IndexSource {
  const repository = openGitRepository(gitdir);
  const refusing = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw toGitError(error, location);
    }
  };
  return {
    url,
    get bytesReceived() {
      return http.bytesReceived;
    },
    async refresh() {
      await refusing(repository.fetch(location, http));
      await rm(`${gitdir}.new`, { recursive: true, force: true });
    },
    readFile: (path, maxBytes) => refusing(repository.read(location.branch, path, maxBytes)),
    readObject: (object) => refusing(repository.read(location.branch, object.path, object.size)),
  };
}
