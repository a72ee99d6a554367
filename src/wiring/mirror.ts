import type { NamedFiles, Reporter } from '../core/ports.ts';
import type { MirrorDirectory } from '../core/publishing-ports.ts';
import { createHttp, type Patience } from '../io/http/http.ts';
import { createMirrorDirectory } from '../io/mirror-directory.ts';
import { createNamedFiles } from '../io/named-files.ts';
import { sheafVersion } from './version.ts';

/** What surrounds the operations of somebody who keeps a mirror. */
export interface MirrorOptions {
  readonly directory: string;
  readonly offline: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly reporter: Reporter;
  /** Breaks off what is being fetched. */
  readonly signal: AbortSignal;
  readonly patience?: Patience;
}

/** Connects a mirror with its directory and the network. */
export function connectMirror(options: MirrorOptions): {
  readonly mirror: MirrorDirectory;
  readonly files: NamedFiles;
} {
  const { directory, offline, environment, reporter, signal } = options;
  const http = createHttp({ offline, environment, version: sheafVersion(), signal, ...options.patience });
  const onWait = (message: string): void => reporter.note(message);
  return {
    mirror: createMirrorDirectory(directory, { http, signal, onWait }),
    files: createNamedFiles(),
  };
}
