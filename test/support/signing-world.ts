import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Checkpoint,
  checkpointPath,
  LATEST_PATH,
  readCheckpoint,
  writeCheckpoint,
  writeLatest,
} from '../../src/core/index/checkpoint.ts';
import { formatInstant, type Instant } from '../../src/core/instant.ts';
import { formatPrivateKey } from '../../src/core/signatures/ssh-key.ts';
import { type RegistrySimulator, temporaryDirectory, testKey, writeTree } from '../../src/testkit/index.ts';
import { buildCli } from './built-cli.ts';
import { git } from './index-branch.ts';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('../../.github/scripts/sign-checkpoint.sh', import.meta.url));

/** How a run of the signing script ended. */
export interface SigningRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A registry before its next checkpoint is signed: `origin.git`, a checkout of it, and two builds of its commit. */
export class SigningWorld {
  readonly directory: string;
  /** What the script is given besides its arguments. */
  readonly environment: Record<string, string>;

  private constructor(directory: string, environment: Record<string, string>) {
    this.directory = directory;
    this.environment = environment;
  }

  /** Makes a registry with facts whose first checkpoint is published, and builds the second one twice. */
  static async create(now: Instant, registry: RegistrySimulator): Promise<SigningWorld> {
    const { path } = await temporaryDirectory();
    const world = new SigningWorld(path, { SHEAF_BRANCH: 'main' });
    await git(path, 'init', '--quiet', '--template=', '--bare', '--initial-branch=main', 'origin.git');
    for (const name of ['checkout', 'tmp']) await mkdir(world.at(name));
    const checkout = (...words: readonly string[]): Promise<string> => git(world.at('checkout'), ...words);
    await checkout('init', '--quiet', '--template=', '--initial-branch=facts');
    await checkout('remote', 'add', 'origin', '../origin.git');
    await checkout('commit', '--quiet', '--allow-empty', '--message=facts');
    await checkout('push', '--quiet', 'origin', 'facts');
    await checkout('switch', '--quiet', '--orphan', 'main');
    await writeFile(world.at('ci'), formatPrivateKey(testKey('ci')), { mode: 0o600 });
    await world.commit(registry);
    await world.build(now);
    await world.mustSign();
    await world.publish();
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await world.commit(registry);
    await world.build(now);
    return world;
  }

  /** A world of its own that begins as this one is. */
  async copy(): Promise<SigningWorld> {
    const { path } = await temporaryDirectory();
    await cp(this.directory, path, { recursive: true });
    return new SigningWorld(path, { ...this.environment });
  }

  at(path: string): string {
    return join(this.directory, path);
  }

  /** Commits what a registry has in its source, and pushes it. */
  async commit(registry: RegistrySimulator): Promise<void> {
    const checkout = this.at('checkout');
    await writeTree(checkout, registry.source);
    await git(checkout, 'add', '--all');
    await git(checkout, 'commit', '--quiet', '--message=registry');
    await git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
    await this.expectCommit();
  }

  /** The commit of the checkout is the one that is to be published. */
  async expectCommit(): Promise<void> {
    this.environment['SHEAF_COMMIT'] = await git(this.at('checkout'), 'rev-parse', 'HEAD');
    this.environment['SHEAF_FACTS'] = await git(this.at('checkout'), 'rev-parse', 'facts');
  }

  /** Builds the commit twice, each in a directory of its own. */
  async build(issued: Instant): Promise<void> {
    const hasPrevious = (await git(this.at('origin.git'), 'branch', '--list', 'index')) !== '';
    for (const name of ['first', 'second']) {
      await rm(this.at(name), { recursive: true, force: true });
      const words = ['index', 'build', this.at('checkout'), '--commit', 'HEAD', '--out', this.at(name)];
      words.push(
        '--facts',
        this.at('checkout'),
        '--facts-commit',
        'facts',
        '--issued',
        formatInstant(issued),
      );
      if (hasPrevious) words.push('--previous', `file://${this.at('origin.git')}#index`);
      await this.#sheaf(...words);
    }
  }

  /** Publishes the first build to the branch `index`. */
  publish(): Promise<void> {
    return this.#sheaf('index', 'publish', this.at('first'), '--to', `file://${this.at('origin.git')}#index`);
  }

  /** Runs the script as a workflow does: an environment that holds only what the step declares. */
  sign(): Promise<SigningRun> {
    const words = [SCRIPT, this.at('first'), this.at('second')];
    const { SHEAF_CHECKPOINT_KEY: key } = this.environment;
    const env = {
      PATH: process.env['PATH'],
      HOME: this.directory,
      TMPDIR: this.at('tmp'),
      ...(key === undefined ? { SHEAF_CHECKPOINT_KEY_FILE: this.at('ci') } : {}),
      ...this.environment,
    };
    return new Promise((resolve) => {
      execFile('bash', words, { cwd: this.at('checkout'), env }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  }

  async mustSign(): Promise<void> {
    const { status, stderr } = await this.sign();
    if (status !== 0) throw new Error(stderr);
  }

  /** The checkpoint that the first build has. */
  async checkpoint(): Promise<Checkpoint> {
    const id = (await readFile(this.at('first/latest'), 'utf8')).trim();
    return readCheckpoint(await readFile(this.at(`first/checkpoints/${id}.json`)));
  }

  /** Changes both builds alike. */
  async inBuilds(change: (at: (path: string) => string) => Promise<unknown>): Promise<void> {
    for (const name of ['first', 'second']) await change((path) => this.at(join(name, path)));
  }

  /** Writes the bytes of the checkpoint in both builds anew. */
  async rewrite(edit: (text: string) => string): Promise<void> {
    const path = checkpointPath(await this.checkpoint());
    const text = await readFile(this.at(join('first', path)), 'utf8');
    await this.inBuilds((at) => writeFile(at(path), edit(text), 'latin1'));
  }

  /** Puts another checkpoint in the place of that of both builds, under the name that it has. */
  async restate(change: Partial<Checkpoint>): Promise<void> {
    const before = await this.checkpoint();
    const after = { ...before, ...change };
    await this.inBuilds(async (at) => {
      await rm(at(checkpointPath(before)));
      await mkdir(dirname(at(checkpointPath(after))), { recursive: true });
      await writeFile(at(checkpointPath(after)), writeCheckpoint(after));
      await writeFile(at(LATEST_PATH), writeLatest(after));
    });
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }

  async #sheaf(...words: readonly string[]): Promise<void> {
    const { main } = await buildCli();
    await run(process.execPath, [main, ...words], { env: { ...process.env, SHEAF_HOME: this.at('home') } });
  }
}
