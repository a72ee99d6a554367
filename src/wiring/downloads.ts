import type { Forge } from '../core/publishing-ports.ts';
import { createGithubForge, type GithubAddress } from '../io/http/github-releases.ts';
import { createHttp } from '../io/http/http.ts';
import { openStandingPorts, type StandingPorts } from './standing.ts';
import { sheafVersion } from './version.ts';

/** The ports of the operations that count downloads. */
export interface DownloadPorts extends StandingPorts {
  readonly forge: Forge;
  /** Closes the connections to the forge. */
  close(): Promise<void>;
}

/** GitHub itself. */
export const GITHUB: GithubAddress = { api: 'https://api.github.com/', prefix: 'https://github.com/' };

/** Wires them for a registry repository, its facts, and a forge with GitHub's interface. */
export function connectDownloads(
  registry: string,
  facts: string | undefined,
  address: GithubAddress,
  surroundings: Parameters<typeof openStandingPorts>[2],
): DownloadPorts {
  const { environment, signal } = surroundings;
  const http = createHttp({ offline: false, environment, version: sheafVersion(), signal });
  const forge = createGithubForge(http, address);
  return { ...openStandingPorts(registry, facts, surroundings), forge, close: () => http.close() };
}
