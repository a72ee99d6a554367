import { invalidFile, SheafError } from '../../core/errors.ts';
import type { Finding } from '../../core/finding.ts';
import { type BuiltIndex, buildIndex, updateIndex } from '../../core/index/build-index.ts';
import { builtObject } from '../../core/index/built-object.ts';
import type { Checkpoint } from '../../core/index/checkpoint.ts';
import type { IndexHead, IndexObject } from '../../core/index/index-head.ts';
import { HEAD_PATH, writeIndexHead } from '../../core/index/index-head.ts';
import { nextCheckpoint } from '../../core/index/next-checkpoint.ts';
import type { Instant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishedFile, SourceTree } from '../../core/publishing-ports.ts';
import { type PreviousIndex, type PublishedTree, readPreviousIndex } from './previous-index.ts';
import { publishedTree } from './published-tree.ts';
import { type RegistryReader, readChanges, readContent } from './read-content.ts';
import { readRegistryRoot } from './read-registry.ts';
import { changedPaths, joinTrees } from './registry-tree.ts';

/** Where an index is built from. */
export interface IndexBuildPorts {
  readonly source: SourceTree;
  /** What machines found out, when it is not kept in the source. */
  readonly facts?: SourceTree;
  /** The index built before: its history goes on, and what did not change is taken over. */
  readonly previous?: PublishedTree;
}

export interface IndexBuildOptions {
  readonly issued: Instant;
  /** How long the checkpoint is valid, in milliseconds; at most `LIMITS.checkpointLife`. */
  readonly life: number;
}

/** A built index. */
export interface IndexBuild {
  readonly checkpoint: Checkpoint;
  readonly head: IndexHead;
  /** Whether only what changed since the previous index was read. */
  readonly incremental: boolean;
  /** Warnings; errors are refused. */
  readonly findings: readonly Finding[];
  /**
   * The published tree as a static host serves it, in an order that is safe to write: objects, each after those
   * it refers to, roots, the unsigned checkpoint, `latest`.
   *
   * @param has tells that the receiver has an object and everything below it, which is then left out.
   */
  files(has?: (object: IndexObject) => Promise<boolean>): AsyncIterable<PublishedFile>;
}

/**
 * Builds the index of a registry and its next checkpoint, unsigned: a pure function of the two trees and of the
 * previous checkpoint, whose index is also a shortcut. Where Git can tell what changed since then, only those
 * plugins are read, and the bytes are the same as without.
 *
 * Signatures are not checked here: the validator did, and every client does.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` with the findings of all broken files; nothing is left out in silence.
 */
export async function buildIndexFromSource(
  ports: IndexBuildPorts,
  options: IndexBuildOptions,
): Promise<IndexBuild> {
  if (options.life <= 0 || options.life > LIMITS.checkpointLife) {
    throw new SheafError(
      'SHEAF_USAGE',
      'The life of a checkpoint must be more than nothing and at most 30 days.',
      {
        hint: 'Write a duration such as 7d.',
      },
    );
  }
  const { source, facts } = ports;
  const tree = joinTrees(source, facts);
  const findings: Finding[] = [];
  const root = await readRegistryRoot(tree, findings);
  const previous = ports.previous === undefined ? undefined : await readPreviousIndex(ports.previous);
  if (root === undefined) throw refusal(findings);
  refuseOtherRegistry(root.registry, previous);
  const reader: RegistryReader = { tree, registry: root.registry, roots: root.roots, findings };
  const changed =
    previous === undefined ? undefined : await changedPaths(source, facts, previous.checkpoint.source);
  const { built, incremental } = await build(reader, previous, changed);
  const { checkpoint, objects } = nextCheckpoint({
    root,
    previous,
    index: builtObject(HEAD_PATH, writeIndexHead(built.head)),
    source: { commit: await source.commit(), facts: (await facts?.commit()) ?? null },
    issued: options.issued,
    expires: options.issued + options.life,
  });
  const fetchObject = previous?.fetchObject ?? nothingElse;
  const fresh = [...built.objects, ...objects];
  return {
    checkpoint,
    head: built.head,
    incremental,
    findings: findings.toSorted(byFile),
    files: (has) => publishedTree({ checkpoint, fresh, fetchObject, rootFiles: root.files }, has),
  };
}

async function build(
  reader: RegistryReader,
  previous: PreviousIndex | undefined,
  changed: readonly string[] | undefined,
): Promise<{ readonly built: BuiltIndex; readonly incremental: boolean }> {
  const before = reader.findings.length;
  if (previous !== undefined && changed !== undefined) {
    const changes = await readChanges(reader, previous, changed);
    refuseErrors(reader.findings);
    if (changes !== undefined) {
      return { built: await updateIndex(previous.head, changes, previous.fetchObject), incremental: true };
    }
    reader.findings.length = before;
  }
  const content = await readContent(reader);
  refuseErrors(reader.findings);
  return { built: buildIndex(content), incremental: false };
}

function refuseErrors(findings: readonly Finding[]): void {
  if (findings.some((finding) => finding.severity === 'error')) throw refusal(findings);
}

/** All errors in one refusal, by file, whatever the order in which they were met. */
function refusal(findings: readonly Finding[]): SheafError {
  const errors = findings.filter((finding) => finding.severity === 'error');
  return invalidFile(errors.toSorted(byFile));
}

function byFile(a: Finding, b: Finding): number {
  if (a.place.file === b.place.file) return 0;
  return a.place.file < b.place.file ? -1 : 1;
}

function refuseOtherRegistry(registry: string, previous: PreviousIndex | undefined): void {
  if (previous === undefined || previous.checkpoint.registry === registry) return;
  throw new SheafError(
    'SHEAF_INDEX',
    `The previous index is of the registry ${JSON.stringify(previous.checkpoint.registry)}, the source of ${JSON.stringify(registry)}.`,
    { hint: 'Give the index that was built from this registry.' },
  );
}

function nothingElse(object: IndexObject): Promise<never> {
  throw new SheafError('SHEAF_INTERNAL', `The object ${object.path} was not built.`);
}
