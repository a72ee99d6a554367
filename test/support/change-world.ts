import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Submitter } from '../../src/core/submissions/change.ts';
import { openProposedTrees } from '../../src/io/git/proposed-trees.ts';
import { type JudgedChange, judgeChange } from '../../src/ops/submissions/judge-change.ts';
import {
  RegistrySimulator,
  type SimulatorOptions,
  temporaryDirectory,
  testClock,
} from '../../src/testkit/index.ts';

const run = promisify(execFile);

/** What a change does to the files of a registry: new contents by path, null for a file that goes. */
export type Edits = Readonly<Record<string, Uint8Array | string | null>>;

/** A proposal that lies on a branch of its own. */
export interface Proposed {
  /** Id of the commit. */
  readonly head: string;
  readonly base: string;
}

/**
 * A registry repository in real Git with people who propose changes to it. What a change should hold is made with a
 * copy of the simulator that the registry came from, so that everything in it is signed for real.
 */
export interface ChangeWorld {
  /** The work tree; `main` is checked out. */
  readonly directory: string;
  readonly registry: RegistrySimulator;
  /** Runs git in the work tree; what it prints, trimmed. */
  git(...args: readonly string[]): Promise<string>;
  /** Commits what the simulated registry has become to `main`; the id. */
  commitRegistry(): Promise<string>;
  /**
   * Lets somebody work on the registry and commits on a branch what differs afterwards, leaving both the simulator
   * and `main` as they were.
   */
  propose(work: (registry: RegistrySimulator) => void, edits?: Edits): Promise<Proposed>;
  /** Commits on a branch whatever `work` does in the work tree. */
  proposeFiles(work: (directory: string) => Promise<void>): Promise<Proposed>;
  /** Judges a proposal as `sheaf check --as-ci` does; artifacts are not looked at. */
  judge(proposed: Proposed, options?: Judging): Promise<JudgedChange>;
  remove(): Promise<void>;
}

/** How {@link ChangeWorld.judge} judges. */
export interface Judging {
  readonly submitter?: Submitter;
  readonly waive?: readonly string[];
}

/** Makes a registry repository; `prepare` fills the registry before its first commit. */
export async function changeWorld(
  prepare: (registry: RegistrySimulator) => void = () => {},
  options: SimulatorOptions = {},
): Promise<ChangeWorld> {
  const scratch = await temporaryDirectory();
  const registry = new RegistrySimulator(options);
  prepare(registry);
  const git = async (...args: readonly string[]): Promise<string> => {
    const identity = [
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.org',
      '-c',
      'core.autocrlf=false',
    ];
    return (await run('git', [...identity, ...args], { cwd: scratch.path })).stdout.trim();
  };
  let branches = 0;

  const write = async (before: ReadonlyMap<string, Uint8Array>, after: ReadonlyMap<string, Uint8Array>) => {
    for (const path of before.keys()) if (!after.has(path)) await rm(join(scratch.path, path));
    for (const [path, bytes] of after) {
      const known = before.get(path);
      if (known !== undefined && Buffer.compare(known, bytes) === 0) continue;
      await mkdir(dirname(join(scratch.path, path)), { recursive: true });
      await writeFile(join(scratch.path, path), bytes);
    }
  };
  const commit = async (): Promise<string> => {
    await git('add', '--all', '--force');
    await git('commit', '--quiet', '--allow-empty', '--message', 'change');
    return git('rev-parse', 'HEAD');
  };
  const onBranch = async (work: () => Promise<void>): Promise<Proposed> => {
    branches += 1;
    const base = await git('rev-parse', 'main');
    await git('checkout', '--quiet', '-b', `proposal-${branches}`, 'main');
    await work();
    const head = await commit();
    await git('checkout', '--quiet', '--force', 'main');
    return { base, head };
  };

  await git('init', '--quiet', '--initial-branch', 'main');
  let committed: ReadonlyMap<string, Uint8Array> = new Map();
  const world: ChangeWorld = {
    directory: scratch.path,
    registry,
    git,
    async commitRegistry() {
      await write(committed, registry.source);
      committed = new Map(registry.source);
      return commit();
    },
    propose: (work, edits = {}) =>
      onBranch(async () => {
        const before = new Map(registry.source);
        work(registry);
        for (const [path, content] of Object.entries(edits)) {
          if (content === null) registry.source.delete(path);
          else registry.source.set(path, typeof content === 'string' ? Buffer.from(content) : content);
        }
        await write(before, registry.source);
        registry.source.clear();
        for (const [path, bytes] of before) registry.source.set(path, bytes);
      }),
    proposeFiles: (work) => onBranch(() => work(scratch.path)),
    async judge({ base, head }, { submitter, waive = [] } = {}) {
      const trees = await openProposedTrees(scratch.path, { base, head }, process.env);
      return judgeChange(
        { trees, clock: testClock(registry.now) },
        { waive, ...(submitter === undefined ? {} : { submitter }) },
      );
    },
    remove: () => scratch.remove(),
  };
  await world.commitRegistry();
  return world;
}
