import { SheafError } from '../../core/errors.ts';
import type { ProposalState } from '../../core/submission-ports.ts';
import { packedManifestPath, readPackedManifest } from './already-released.ts';
import type { PublishContext, PublishOptions, PublishPorts } from './publish-context.ts';

/**
 * Where the proposal of a release stands: with `followFor`, when its checks have ended, or where none are shown, when
 * the release is in the registry.
 *
 * @throws SheafError `SHEAF_CANCELLED` for a change that was closed, and what `pause` throws.
 */
export async function followProposal(
  ports: PublishPorts,
  { path, followFor }: Pick<PublishOptions, 'path' | 'followFor'>,
  { record }: Pick<PublishContext, 'record'>,
): Promise<ProposalState> {
  const branch = record.proposal?.branch ?? '';
  const began = ports.clock.now();
  for (let looks = 1; ; looks++) {
    const state = await ports.transport.state(branch);
    if (looks > 1 && (await isMerged(ports, path, record))) return { ...state, state: 'merged' };
    if (state.state === 'closed') throw closed(record.version, branch);
    const isOpen = state.state === 'proposed' && (state.checks === 'pending' || state.checks === 'unknown');
    if (!isOpen || followFor === undefined) return state;
    if (ports.clock.now() - began >= followFor) {
      ports.reporter.warn('The registry has not answered in the time that it was followed.');
      return state;
    }
    if (looks === 1 && state.checks === 'unknown') {
      ports.reporter.note(
        `${ports.transport.name} shows no checks: waiting until the release is in the registry.`,
      );
    }
    await ports.pause();
  }
}

/** Whether the branch of the registry has the very manifest by now, however it was merged. */
async function isMerged(
  ports: PublishPorts,
  path: string,
  record: PublishContext['record'],
): Promise<boolean> {
  const name = packedManifestPath(record);
  const ours = await readPackedManifest(ports, path, record);
  if (name === undefined || ours === undefined) return false;
  await ports.registry.close();
  const theirs = await ports.registry.read(name);
  return theirs !== undefined && Buffer.compare(ours, theirs) === 0;
}

function closed(version: string, branch: string): SheafError {
  return new SheafError('SHEAF_CANCELLED', `The change ${branch} was closed without being merged.`, {
    hint: `Ask why. To propose it again, remove .sheaf/publish/${version}.json and run the command again.`,
  });
}
