import type { ClientPorts, Prompt, Reporter } from '../core/ports.ts';
import { directoriesFor } from '../io/directories.ts';
import { createDownloader } from '../io/http/downloader.ts';
import { createHttp, type Patience } from '../io/http/http.ts';
import { createInstallLog } from '../io/install-log.ts';
import { createObjectStore } from '../io/object-store.ts';
import { createPrograms } from '../io/programs.ts';
import { findProject } from '../io/project/find-project.ts';
import { createLocalPlugins } from '../io/project/local-plugins.ts';
import { createProject } from '../io/project/project.ts';
import { createSchemaValidator } from '../io/schema-validator.ts';
import { createSourceHealth } from '../io/source-health.ts';
import { createSources } from '../io/sources.ts';
import { createUserFiles } from '../io/user-files.ts';
import { sourceBuilder } from './source-builder.ts';
import { sheafVersion } from './version.ts';

/** What surrounds the operations of a user. */
export interface ClientOptions {
  /** Directory of the project, or one below it. */
  readonly project: string;
  /** Use the plugins of this user in place of those of a project. */
  readonly global: boolean;
  readonly offline: boolean;
  /** The command that is carried out, for the install log; `library` when absent. */
  readonly command?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly prompt: Prompt;
  readonly reporter: Reporter;
  /** Never aborted when absent. */
  readonly signal?: AbortSignal;
  /** How long a host that does not answer is waited for; `LIMITS` when absent. */
  readonly patience?: Patience;
}

/**
 * Connects the operations of a user with the real file system, network and clock.
 *
 * @throws SheafError `SHEAF_NO_HOME`.
 */
export function connectClient(options: ClientOptions): ClientPorts {
  const { environment, offline, reporter, signal = new AbortController().signal } = options;
  const directories = directoriesFor({ environment, platform: process.platform });
  const http = createHttp({ offline, environment, version: sheafVersion(), signal, ...options.patience });
  const store = createObjectStore(directories.objects);
  const project = options.global ? directories.global : findProject(options.project);
  const waiting = { onWait: (message: string) => reporter.note(message), signal };
  const clock = { now: () => Date.now() };
  const programs = createPrograms(environment);
  return {
    clock,
    store,
    user: createUserFiles(directories, waiting),
    project: createProject(project, waiting),
    downloader: createDownloader({ http, store, directory: directories.objects, signal }),
    local: createLocalPlugins(project),
    schemas: createSchemaValidator(),
    programs,
    builder: sourceBuilder({ programs, environment, reporter, signal }),
    log: createInstallLog(directories.installLog, options.command ?? 'library'),
    prompt: options.prompt,
    reporter,
    openSource: createSources({ http, gitDirectory: directories.gitClones, environment, offline, signal }),
    health: createSourceHealth(directories.sources, clock),
    platform: `${process.platform}-${process.arch}`,
    offline,
    signal,
  };
}
