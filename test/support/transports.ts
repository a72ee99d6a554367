import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type IndexObject, objectPath } from '../../src/core/index/index-head.ts';
import type { IndexSource } from '../../src/core/ports.ts';
import { gitLocation } from '../../src/io/git/git-location.ts';
import { createHttp } from '../../src/io/http/http.ts';
import { createStaticSource } from '../../src/io/http/static-source.ts';
import { type FileMap, listenOnLoopback, type RegistrySimulator, serveGit } from '../../src/testkit/index.ts';
import { gitInProcess } from './git-in-process.ts';
import { branchTree, git } from './index-branch.ts';

/** A way from a registry to a client, and how files lie on it. */
export interface Transport {
  readonly name: string;
  /** Where an object lies in a tree of this transport. */
  place(object: IndexObject): string;
  /** What an honest host shows of a registry. */
  honest(registry: RegistrySimulator): Promise<FileMap>;
  /** Starts a host with a directory of its own, which is there. */
  start(directory: string): Promise<TransportHost>;
  /** Opens a host as a client does that keeps what it needs in a directory. */
  open(url: string, directory: string): IndexSource;
}

/** A host that shows the tree that it was last told to show, whatever that is. */
export interface TransportHost {
  readonly url: string;
  show(tree: FileMap): Promise<void>;
  close(): Promise<void>;
}

const STATIC: Transport = {
  name: 'static HTTP',
  place: (object) => objectPath(object.sha256),
  honest: (registry) => Promise.resolve(registry.snapshot()),
  async start() {
    let shown: FileMap = new Map();
    const server = await listenOnLoopback((request, response) => {
      const bytes = shown.get((request.url ?? '/').slice(1));
      response
        .writeHead(bytes === undefined ? 404 : 200, { 'content-length': bytes?.byteLength ?? 0 })
        .end(bytes);
    });
    return {
      url: server.url,
      async show(tree) {
        shown = tree;
      },
      close: () => server.close(),
    };
  },
  open: (url) => createStaticSource(url, createHttp({ offline: false, environment: {} })),
};

const GIT: Transport = {
  name: 'Git',
  place: (object) => object.path,
  honest: branchTree,
  start: gitHost,
  open(url, directory) {
    const location = gitLocation(url);
    if (location === undefined) throw new Error(`${url} is no Git address.`);
    return gitInProcess(location, join(directory, encodeURIComponent(url)), { url });
  },
};

/** A host of one repository, over smart HTTP. */
export async function gitHost(directory: string): Promise<TransportHost> {
  const repository = join(directory, 'registry.git');
  await mkdir(repository);
  await git(repository, 'init', '--quiet', '--bare', '--initial-branch=index');
  const server = await serveGit(directory);
  return {
    url: `git+${server.url}registry.git`,
    show: (tree) => importCommit(tree, repository),
    close: () => server.close(),
  };
}

/** Makes a tree the next commit of the branch, in one process and without files (git-fast-import(1)). */
async function importCommit(tree: FileMap, repository: string): Promise<void> {
  const import_ = spawn('git', ['fast-import', '--quiet', '--date-format=now'], {
    cwd: repository,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(import_, 'close');
  import_.stdin.write('commit refs/heads/index\ncommitter test <test@example.org> now\ndata 0\n');
  // The head that is there already goes on, whatever this tree is: a branch that is reset would be noticed.
  const head = await git(repository, 'rev-parse', '--verify', '--quiet', 'index').catch(() => '');
  import_.stdin.write(`${head === '' ? '' : `from ${head}\n`}deleteall\n`);
  for (const [path, bytes] of tree) {
    import_.stdin.write(`M 100644 inline ${path}\ndata ${bytes.byteLength}\n`);
    import_.stdin.write(bytes);
    import_.stdin.write('\n');
  }
  import_.stdin.end('\ndone\n');
  const [status] = await ended;
  if (status !== 0) throw new Error(`git fast-import ended with status ${status}.`);
}

/** Both ways on which an index travels over a network. */
export const TRANSPORTS: readonly Transport[] = [STATIC, GIT];
