import type { Forge } from '../core/publishing-ports.ts';
import { type GithubAddress, githubOf } from '../io/http/github/address.ts';
import { createGithubForge } from '../io/http/github/download-counters.ts';
import { findGithubToken } from '../io/http/github/token.ts';
import { createHttp } from '../io/http/http.ts';
import { openStandingPorts, type StandingPorts } from './standing.ts';
import { sheafVersion } from './version.ts';

/** The ports of the operations that count downloads. */
export interface DownloadPorts extends StandingPorts {
  readonly forge: Forge;
  /** Closes the connections to the forge. */
  close(): Promise<void>;
}

export { githubOf };

/** Wires them for a registry repository, its facts, and a forge with GitHub's interface. */
export function connectDownloads(
  registry: string,
  facts: string | undefined,
  address: GithubAddress,
  surroundings: Parameters<typeof openStandingPorts>[2],
): DownloadPorts {
  const { environment, signal } = surroundings;
  const http = createHttp({ offline: false, environment, version: sheafVersion(), signal });
  const token = (): ReturnType<typeof findGithubToken> => findGithubToken(address, environment);
  const forge = createGithubForge({ http, server: address, token, signal });
  return { ...openStandingPorts(registry, facts, surroundings), forge, close: () => http.close() };
}
