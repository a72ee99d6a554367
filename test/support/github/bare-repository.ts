import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';

const run = promisify(execFile);

/** One file of a tree that is to be written; `sha` null removes it. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly sha: string | null;
}

/** A file that differs between two commits, as GitHub tells of it. */
export interface Difference {
  readonly filename: string;
  readonly status: 'added' | 'modified' | 'removed';
  readonly sha: string;
}

const NOBODY = {
  GIT_AUTHOR_NAME: 'lifelike',
  GIT_AUTHOR_EMAIL: 'lifelike@example.invalid',
  GIT_COMMITTER_NAME: 'lifelike',
  GIT_COMMITTER_EMAIL: 'lifelike@example.invalid',
};

/** A real bare Git repository below the lifelike GitHub. */
export class BareRepository {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Creates it. Forks share the objects of what they were forked from, as on GitHub. */
  static async create(directory: string, branch: string, parent?: BareRepository): Promise<BareRepository> {
    await mkdir(directory, { recursive: true });
    const repository = new BareRepository(directory);
    await repository.git(['init', '--quiet', '--bare', '--template=', `--initial-branch=${branch}`]);
    if (parent !== undefined) {
      await mkdir(join(directory, 'objects', 'info'), { recursive: true });
      await writeFile(
        join(directory, 'objects', 'info', 'alternates'),
        `${join(parent.directory, 'objects')}\n`,
      );
      const head = await parent.resolve(`refs/heads/${branch}`);
      if (head !== undefined) await repository.setRef(`refs/heads/${branch}`, head);
    }
    return repository;
  }

  async git(
    args: readonly string[],
    { input, index }: { readonly input?: Uint8Array | string; readonly index?: string } = {},
  ): Promise<Buffer> {
    const child = run('git', ['-c', 'safe.directory=*', ...args], {
      cwd: this.directory,
      encoding: 'buffer',
      maxBuffer: 256 * 1024 * 1024,
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        ...NOBODY,
        ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
      },
    });
    child.child.stdin?.on('error', () => undefined);
    child.child.stdin?.end(input ?? '');
    return (await child).stdout;
  }

  /** The id of an object, or undefined. */
  async resolve(revision: string): Promise<string | undefined> {
    if (revision.startsWith('-')) return undefined;
    const isRef = /^refs\/[\w./+@-]+$/.test(revision) && !revision.includes('..');
    if (isRef) return await this.#readRef(revision);
    try {
      const said = await this.git(['rev-parse', '--quiet', '--verify', revision]);
      return said.toString().trim();
    } catch {
      return undefined;
    }
  }

  /** What kind of object an id names. */
  async typeOf(sha: string): Promise<string | undefined> {
    try {
      return (await this.git(['cat-file', '-t', sha])).toString().trim();
    } catch {
      return undefined;
    }
  }

  /** What a ref says, without a process: nearly every request asks for one. */
  async #readRef(ref: string): Promise<string | undefined> {
    const read = (path: string): Promise<string> =>
      readFile(join(this.directory, path), 'utf8').catch(() => '');
    const loose = (await read(ref)).trim();
    if (loose !== '') return loose;
    const packed = (await read('packed-refs')).split('\n').find((line) => line.endsWith(` ${ref}`));
    return packed?.split(' ')[0];
  }

  async setRef(ref: string, sha: string): Promise<void> {
    await this.git(['update-ref', ref, sha]);
  }

  async deleteRef(ref: string): Promise<void> {
    await this.git(['update-ref', '-d', ref]);
  }

  /** Refs by name below a prefix. */
  async refs(prefix: string): Promise<readonly { readonly ref: string; readonly sha: string }[]> {
    const said = (await this.git(['for-each-ref', '--format=%(refname) %(objectname)', prefix])).toString();
    return said
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ ref: line.split(' ')[0]!, sha: line.split(' ')[1]! }));
  }

  async writeBlob(bytes: Uint8Array | string): Promise<string> {
    const content = Buffer.from(bytes);
    const object = Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]);
    const sha = createHash('sha1').update(object).digest('hex');
    const folder = join(this.directory, 'objects', sha.slice(0, 2));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, sha.slice(2)), deflateSync(object));
    return sha;
  }

  async writeTree(base: string | undefined, entries: readonly TreeEntry[]): Promise<string> {
    const scratch = await mkdtemp(join(tmpdir(), 'lifelike-index-'));
    const index = join(scratch, 'index');
    try {
      await this.git(base === undefined ? ['read-tree', '--empty'] : ['read-tree', base], { index });
      const lines = entries.map(({ path, mode, sha }) =>
        sha === null ? `0 ${'0'.repeat(40)}\t${path}\0` : `${mode} ${sha}\t${path}\0`,
      );
      await this.git(['update-index', '-z', '--index-info'], { index, input: lines.join('') });
      return (await this.git(['write-tree'], { index })).toString().trim();
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async writeCommit(tree: string, parents: readonly string[], message: string): Promise<string> {
    const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])];
    return (await this.git(args, { input: message })).toString().trim();
  }

  /** Puts one commit on a branch; null removes a file. */
  async commitFiles(
    branch: string,
    files: Readonly<Record<string, string | Uint8Array | null>>,
    message = 'Change files',
  ): Promise<string> {
    const head = await this.resolve(`refs/heads/${branch}`);
    const entries: TreeEntry[] = [];
    for (const [path, content] of Object.entries(files)) {
      const sha = content === null ? null : await this.writeBlob(content);
      entries.push({ path, mode: '100644', sha });
    }
    const tree = await this.writeTree(head, entries);
    const commit = await this.writeCommit(tree, head === undefined ? [] : [head], message);
    await this.setRef(`refs/heads/${branch}`, commit);
    return commit;
  }

  async read(revision: string, path: string): Promise<Buffer | undefined> {
    const sha = await this.resolve(`${revision}:${path}`);
    return sha === undefined || (await this.typeOf(sha)) !== 'blob'
      ? undefined
      : await this.git(['cat-file', 'blob', sha]);
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    try {
      await this.git(['merge-base', '--is-ancestor', ancestor, descendant]);
      return true;
    } catch {
      return false;
    }
  }

  /** What `head` changed since it left `base`. */
  async differences(base: string, head: string): Promise<readonly Difference[]> {
    const said = await this.git(['diff', '--raw', '-z', '--no-renames', '--no-abbrev', `${base}...${head}`]);
    const words = said.toString().split('\0');
    const found: Difference[] = [];
    for (let at = 0; at + 1 < words.length; at += 2) {
      const [, , before = '', after = '', letter = ''] = words[at]!.split(' ');
      const status = letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified';
      found.push({ filename: words[at + 1]!, status, sha: status === 'removed' ? before : after });
    }
    return found;
  }

  /** How many commits of `head` are not in `base`. */
  async countAhead(base: string, head: string): Promise<number> {
    return Number((await this.git(['rev-list', '--count', `${base}..${head}`])).toString());
  }
}
