import { pathToFileURL } from 'node:url';
import { gitLocation } from '../../src/io/git/git-location.ts';
import { createGitSource } from '../../src/io/git/git-source.ts';

/** `git-source-child URL GITDIR WORKER` prints `latest` of a Git source and then has nothing left to do. */
const [url = '', gitdir = '', worker = ''] = process.argv.slice(2);
const location = gitLocation(url);
if (location === undefined) throw new Error(`${url} is no Git address.`);
const source = createGitSource({
  url,
  location,
  gitdir,
  environment: process.env,
  offline: false,
  worker: pathToFileURL(worker),
});
await source.refresh();
const latest = await source.readFile('latest', 32);
process.stdout.write(latest ?? '');
