// Fetches a branch as `sheaf sync` does, in the built child process, and reads one file: `git-fetch-process.mjs URL GITDIR`.
import { createGitSource } from '../dist/io/git/git-source.js';

const [url, gitdir] = process.argv.slice(2);
const source = createGitSource({
  url,
  location: { transport: 'http', url, branch: 'index' },
  gitdir,
  environment: process.env,
  offline: false,
  worker: new URL('../dist/bin/git-worker.js', import.meta.url),
});
await source.refresh();
await source.readFile('head.json', 1e7);
