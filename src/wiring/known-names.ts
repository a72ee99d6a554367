import type { IndexSource } from '../core/ports.ts';
import { directoriesFor } from '../io/directories.ts';
import { createObjectStore } from '../io/object-store.ts';
import { findProject } from '../io/project/find-project.ts';
import { createProject } from '../io/project/project.ts';
import { createSourceHealth } from '../io/source-health.ts';
import { createUserFiles } from '../io/user-files.ts';
import type { NamePorts } from '../ops/plugins/known-names.ts';

/**
 * Connects what a shell completes with the files of this user, and with no network: no HTTP client is even
 * loaded.
 *
 * @throws SheafError `SHEAF_NO_HOME`.
 */
export function connectKnownNames(
  environment: Readonly<Record<string, string | undefined>>,
  options: { readonly project: string; readonly global: boolean },
): NamePorts {
  const directories = directoriesFor({ environment, platform: process.platform });
  const clock = { now: () => Date.now() };
  return {
    clock,
    health: createSourceHealth(directories.sources, clock),
    store: createObjectStore(directories.objects),
    user: createUserFiles(directories),
    project: createProject(options.global ? directories.global : findProject(options.project)),
    openSource: emptySource,
    offline: true,
  };
}

function emptySource(url: string): IndexSource {
  return {
    url,
    refresh: () => Promise.resolve(),
    readFile: () => Promise.resolve(undefined),
    readObject: () => Promise.resolve(undefined),
    bytesReceived: 0,
  };
}
