import { type Sha256, sha256 } from '../../core/digest.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import { type CeremonyFile, type Demand, keyChanges } from '../../core/trust/key-ceremony.ts';
import { shellWord } from './registry-init.ts';

/** Where a ceremony stands: a file, what it changes, and who still has to sign it. */
export interface Ceremony {
  readonly registry: string;
  /** In the checkout. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly changes: readonly string[];
  readonly demands: readonly Demand[];
  /** Whether it counts. */
  readonly complete: boolean;
  /** Command lines that add the signatures that are missing. */
  readonly next: readonly string[];
}

/** What a ceremony is about. */
export interface CeremonySubject extends CeremonyFile {
  readonly registry: string;
  readonly path: string;
  readonly changes: readonly string[];
  readonly demands: readonly Demand[];
  /** Whether every demand has to be met, or any of them. */
  readonly needs: 'all' | 'any';
}

/** Puts together where a ceremony stands. */
export function ceremonyOf({ registry, path, bytes, changes, demands, needs }: CeremonySubject): Ceremony {
  const complete = needs === 'all' ? demands.every(({ met }) => met) : demands.some(({ met }) => met);
  return {
    registry,
    path,
    sha256: sha256(bytes),
    changes,
    demands,
    complete,
    next: complete ? [] : signingCommands(path, demands),
  };
}

/** What the first key file of somebody says, in the words in which changes of later ones are told. */
export function firstChanges(file: SignersFile): readonly string[] {
  return keyChanges({ ...file, signers: [] }, file);
}

/** One line for everybody whose signature a demand still waits for. */
function signingCommands(path: string, demands: readonly Demand[]): readonly string[] {
  const lines = demands
    .filter(({ met }) => !met)
    .flatMap(({ namespace, missing }) =>
      missing.map((principal) => {
        const isPlain = path.endsWith('.signers') && namespace !== 'recovery@sheaf';
        const inNamespace = isPlain ? '' : ` --namespace ${namespace}`;
        return `sheaf sign ${shellWord(path)} --key KEY${inNamespace} --as ${principal}`;
      }),
    );
  return [...new Set(lines)];
}
