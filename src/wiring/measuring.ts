import { SheafError } from '../core/errors.ts';
import type { Clock, NamedFiles, Reporter } from '../core/ports.ts';
import type {
  BranchCommits,
  ExamineArtifact,
  MergedCommit,
  ProposedTrees,
} from '../core/submission-ports.ts';
import { quote } from '../core/text.ts';
import { isVersion } from '../core/version.ts';
import { createBranchCommits } from '../io/git/branch-commits.ts';
import { gitLocation } from '../io/git/git-location.ts';
import { createMergedCommit } from '../io/git/merged-commit.ts';
import { openProposedTrees, type ProposedRevisions } from '../io/git/proposed-trees.ts';
import { layOutPlugin } from '../io/lay-out-plugin.ts';
import { createNamedFiles } from '../io/named-files.ts';
import type { MeasureChangePorts } from '../ops/submissions/measure-change.ts';
import { connectStarter } from './author.ts';
import { connectExamination } from './examination.ts';
import { connectPrograms } from './programs.ts';
import { sourceBuilder } from './source-builder.ts';
import { sheafVersion } from './version.ts';

/** What surrounds those who measure and record. */
export interface MeasuringOptions {
  readonly registry: string;
  readonly revisions: ProposedRevisions;
  /** Networks besides the public internet from which artifacts may come. */
  readonly allowNetworks: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly reporter: Pick<Reporter, 'note' | 'warn'>;
  readonly signal: AbortSignal;
}

/** The only variables that a job hands on which runs the code of strangers. None of them opens anything. */
const HARMLESS: readonly string[] = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];

/** What variables are called that hold secrets. */
const SECRET = /TOKEN|SECRET|PASSWORD|PRIVATE|CREDENTIAL|^SSH_AUTH_SOCK$/i;

/** Where facts are kept when the address of the repository names no branch. */
const FACTS_BRANCH = 'facts';

/** The ports of a job that runs plugins of strangers. It has no use for a secret, so nothing in it sees one. */
export async function connectMeasuring(
  options: MeasuringOptions,
): Promise<MeasureChangePorts & { readonly files: NamedFiles; close(): Promise<void> }> {
  const { registry, revisions, reporter, signal } = options;
  const secrets = Object.keys(options.environment).filter((name) => SECRET.test(name));
  if (secrets.length > 0) {
    reporter.warn(
      `A job that runs plugins should hold no secrets; here is ${secrets.toSorted().join(', ')}.`,
    );
  }
  const environment = Object.fromEntries(HARMLESS.map((name) => [name, options.environment[name]]));
  const starter = connectStarter(environment);
  return {
    trees: await openProposedTrees(registry, revisions, environment),
    examine: connectExamination(options),
    starter,
    builder: sourceBuilder({ programs: connectPrograms(environment), environment, reporter, signal }),
    layOut: layOutPlugin,
    clock: { now: () => Date.now() },
    platform: `${process.platform}-${process.arch}`,
    reporter,
    version: ownVersion(),
    files: createNamedFiles(),
    close: () => starter.close(),
  };
}

/** The ports of the job that writes facts; plugins are only read in it. */
export async function connectRecording(options: MeasuringOptions & { readonly facts: string }): Promise<{
  readonly trees: ProposedTrees;
  readonly merged: MergedCommit;
  readonly examine: ExamineArtifact;
  readonly facts: BranchCommits;
  /** The branch that the address names. */
  readonly branch: string;
  readonly clock: Clock;
  readonly files: NamedFiles;
}> {
  const { registry, revisions, environment } = options;
  const location = gitLocation(options.facts, FACTS_BRANCH);
  if (location === undefined) {
    throw new SheafError('SHEAF_USAGE', `${quote(options.facts)} is not the address of a Git repository.`, {
      hint: 'Write one such as git+https://git.example.org/acme/plugins.git#facts, or a directory.',
    });
  }
  return {
    trees: await openProposedTrees(registry, revisions, environment),
    merged: createMergedCommit(registry, environment),
    examine: connectExamination(options),
    facts: createBranchCommits(location, environment),
    branch: location.branch,
    clock: { now: () => Date.now() },
    files: createNamedFiles(),
  };
}

function ownVersion(): MeasureChangePorts['version'] {
  const version = sheafVersion();
  if (isVersion(version)) return version;
  throw new SheafError('SHEAF_INTERNAL', `${quote(version)} is no version of sheaf.`);
}
