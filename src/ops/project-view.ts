import { valueOf } from '../core/finding.ts';
import { type Lockfile, lockfileOf, readLockfile } from '../core/formats/lockfile.ts';
import { type ProjectFile, readProjectFile } from '../core/formats/project-file.ts';
import type { ClientPorts } from '../core/ports.ts';
import type { Floor } from '../core/trust/trust.ts';

/** The files of a project as they are now. */
export interface ProjectView {
  /** Text of sheaf.toml, empty when there is none. */
  readonly text: string;
  readonly file: ProjectFile;
  /** sheaf.lock; undefined when there is none. */
  readonly lock: Lockfile | undefined;
  /** Lock of the current generation: what is really installed. */
  readonly installed: Lockfile | undefined;
  readonly generation: number | undefined;
}

/**
 * Reads what a project wants, what was resolved for it and what is installed.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, `SHEAF_LOCK_INVALID`, `SHEAF_PERMISSION`.
 */
export async function readProject({ project }: Pick<ClientPorts, 'project'>): Promise<ProjectView> {
  const [manifest, lock, generations] = await Promise.all([
    project.readManifest(),
    project.readLock(),
    project.generations(),
  ]);
  const bytes = manifest ?? new Uint8Array();
  const current = generations.find((generation) => generation.current);
  return {
    file: valueOf(readProjectFile(bytes, 'sheaf.toml')),
    text: new TextDecoder().decode(bytes),
    lock: lock === undefined ? undefined : lockfileOf(readLockfile(lock, 'sheaf.lock')),
    installed: current === undefined ? undefined : lockfileOf(readLockfile(current.lock, 'sheaf.lock')),
    generation: current?.number,
  };
}

/** The checkpoints that a lock file was resolved at: this run must not see older ones. */
export function floorsOf(lock: Lockfile | undefined): ReadonlyMap<string, Floor> {
  return new Map((lock?.registries ?? []).map(({ id, checkpoint }) => [id, checkpoint]));
}
