import type { ExamineArtifact } from '../core/submission-ports.ts';
import { createArtifactExamination } from '../io/http/examine-artifact.ts';
import { createHttp } from '../io/http/http.ts';
import { publicNetwork } from '../io/http/public-network.ts';
import { sheafVersion } from './version.ts';

/**
 * Connects those who judge a change with the artifacts that it names. Nothing of this machine goes along: no
 * credentials, no proxy, no cache.
 *
 * @param options.allowNetworks addresses and networks besides the public internet that may be asked, for closed
 *   registries: `10.1.0.0/16`.
 * @throws SheafError `SHEAF_USAGE` for what is no network.
 */
export function connectExamination(options: {
  readonly allowNetworks: readonly string[];
  readonly signal: AbortSignal;
}): ExamineArtifact {
  const guard = publicNetwork(options.allowNetworks);
  return createArtifactExamination({
    signal: options.signal,
    openHttp: (signal) =>
      createHttp({
        offline: false,
        environment: {},
        credentials: { authorization: () => Promise.resolve(undefined) },
        version: sheafVersion(),
        signal,
        guard,
      }),
  });
}
