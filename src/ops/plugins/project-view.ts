import { valueOf } from '../../core/finding.ts';
import { type Lockfile, lockfileOf, readLockfile } from '../../core/formats/lockfile.ts';
import { type ProjectFile, readProjectFile } from '../../core/formats/project-file.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Floor } from '../../core/trust/trust.ts';

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
  const locked = readLock(lock);
  // Mostly so, and a long lock file takes longer to read than all else that `sheaf list` does.
  const isInstalled = lock !== undefined && current !== undefined && isEqual(lock, current.lock);
  return {
    file: valueOf(readProjectFile(bytes, 'sheaf.toml')),
    text: new TextDecoder().decode(bytes),
    lock: locked,
    installed: isInstalled ? locked : readLock(current?.lock),
    generation: current?.number,
  };
}

function readLock(bytes: Uint8Array | undefined): Lockfile | undefined {
  return bytes === undefined ? undefined : lockfileOf(readLockfile(bytes, 'sheaf.lock'));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** The checkpoints that a lock file was resolved at: this run must not see older ones. */
export function floorsOf(lock: Lockfile | undefined): ReadonlyMap<string, Floor> {
  return new Map((lock?.registries ?? []).map(({ id, checkpoint }) => [id, checkpoint]));
}
