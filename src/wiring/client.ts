import type { ClientPorts, Prompt, Reporter } from '../core/ports.ts';
import { directoriesFor } from '../io/directories.ts';
import { createDownloader } from '../io/downloader.ts';
import { findProject } from '../io/find-project.ts';
import { createHttp } from '../io/http.ts';
import { createLocalPlugins } from '../io/local-plugins.ts';
import { createObjectStore } from '../io/object-store.ts';
import { createProject } from '../io/project.ts';
import { createSchemaValidator } from '../io/schema-validator.ts';
import { createSources } from '../io/sources.ts';
import { createUserFiles } from '../io/user-files.ts';
import { sheafVersion } from './version.ts';

/** What surrounds the operations of a user. */
export interface ClientOptions {
  /** Directory of the project, or one below it. */
  readonly project: string;
  /** Use the plugins of this user in place of those of a project. */
  readonly global: boolean;
  readonly offline: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly prompt: Prompt;
  readonly reporter: Reporter;
  /** Never aborted when absent. */
  readonly signal?: AbortSignal;
}

/**
 * Connects the operations of a user with the real file system, network and clock.
 *
 * @throws SheafError `SHEAF_NO_HOME`.
 */
export function connectClient(options: ClientOptions): ClientPorts {
  const { environment, offline, reporter, signal = new AbortController().signal } = options;
  const directories = directoriesFor({ environment, platform: process.platform });
  const http = createHttp({ offline, environment, version: sheafVersion(), signal });
  const store = createObjectStore(directories.objects);
  const project = options.global ? directories.global : findProject(options.project);
  const waiting = { onWait: (message: string) => reporter.note(message), signal };
  return {
    clock: { now: () => Date.now() },
    store,
    user: createUserFiles(directories, waiting),
    project: createProject(project, waiting),
    downloader: createDownloader({ http, store, directory: directories.objects, signal }),
    local: createLocalPlugins(project),
    schemas: createSchemaValidator(),
    prompt: options.prompt,
    reporter,
    openSource: createSources({ http, gitDirectory: directories.gitClones, environment, offline, signal }),
    platform: `${process.platform}-${process.arch}`,
    offline,
    signal,
  };
}
