import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ChangeTransport, ProposalState } from '../../core/submission-ports.ts';
import { type CountPorts, readTrending } from './collect-downloads.ts';

/** What trends, and where the change that says so stands. */
export interface ProposedTrending {
  readonly names: readonly PluginName[];
  /** `present`: the registry says the same; `declined`: maintainers closed the change. */
  readonly state: ProposalState['state'] | 'present' | 'declined';
  readonly url?: string;
}

/**
 * Proposes the collection of what trends to a registry: the branch that people look at changes by pull request only,
 * and a collection is for its maintainers to merge.
 *
 * @throws SheafError as `ChangeTransport.propose`.
 */
export async function proposeTrending(
  ports: Pick<CountPorts, 'source' | 'facts' | 'clock'>,
  transport: Pick<ChangeTransport, 'read' | 'propose'>,
): Promise<ProposedTrending> {
  const { names, path, bytes } = await readTrending(ports);
  const present = await transport.read(path);
  const isSaid = present === undefined ? names.length === 0 : sha256(present) === sha256(bytes);
  if (isSaid) return { names, state: 'present' };
  try {
    const { state, url } = await transport.propose({
      branch: 'trending',
      title: 'What trends',
      body: 'Computed from the download counts among the facts; nobody curates it.\n',
      files: new Map([[path, bytes]]),
    });
    return { names, state, ...(url === undefined ? {} : { url }) };
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_CANCELLED') return { names, state: 'declined' };
    throw error;
  }
}
