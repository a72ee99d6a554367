import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { parseSourcePath } from '../../core/index/source-layout.ts';
import type { SshKeygen } from '../../core/publishing-ports.ts';
import { readSigners } from '../../core/signatures/signers.ts';
import { fingerprint, type SshPublicKey, sameKey } from '../../core/signatures/ssh-key.ts';
import type { ChangeTransport, ProposalState } from '../../core/submission-ports.ts';
import type { Demand } from '../../core/trust/key-ceremony.ts';
import type { Ceremony } from '../trust/ceremony.ts';
import { sign } from '../trust/sign.ts';
import { publicHalf } from '../trust/signing-key.ts';
import type { ProposedCheckout } from './proposed-checkout.ts';

/** What a change is called. */
export interface ChangeTitle {
  readonly branch: string;
  readonly title: string;
  readonly body: string;
}

/** A change of a registry that was proposed. */
export interface ProposedChange extends Pick<ProposalState, 'state' | 'url' | 'hint'> {
  readonly branch: string;
  /** Paths in the registry. */
  readonly files: readonly string[];
}

/**
 * Adds signatures over what a ceremony asks for, each under the name that the key has in the files which demand it.
 *
 * @param keys paths of private keys.
 * @throws SheafError `SHEAF_SIGNATURE` for a key that nothing waits for, and as `sign`.
 */
export async function signCeremony(
  checkout: ProposedCheckout,
  sshKeygen: SshKeygen,
  { path, demands }: Pick<Ceremony, 'path' | 'demands'>,
  keys: readonly string[],
): Promise<void> {
  const { tree, files } = checkout;
  for (const key of keys) {
    const half = await publicHalf(files, key);
    const names = await namesOf(checkout, half);
    const due = demands.filter(({ met }) => !met).flatMap((demand) => signingOf(demand, names));
    if (due.length === 0) {
      throw new SheafError(
        'SHEAF_SIGNATURE',
        `Nothing here waits for a signature by the key ${fingerprint(half)}.`,
        {
          hint: `May sign: ${demands.flatMap(({ missing }) => missing).join(', ') || 'nobody any more'}.`,
        },
      );
    }
    for (const { namespace, as } of due) {
      await sign({ files, sshKeygen }, { files: [`${tree.root}/${path}`], key, namespace, as });
    }
  }
}

/** Proposes everything that was written. */
export async function proposeWritten(
  { written }: ProposedCheckout,
  transport: ChangeTransport,
  title: ChangeTitle,
): Promise<ProposedChange> {
  const { state, url, hint } = await transport.propose({ ...title, files: written });
  return {
    state,
    branch: title.branch,
    files: [...written.keys()].toSorted(),
    ...(url === undefined ? {} : { url }),
    ...(hint === undefined ? {} : { hint }),
  };
}

interface SignerName {
  readonly principal: string;
  readonly namespaces: readonly string[];
}

/** Under which names, and for what, the key files of the registry list a key. */
async function namesOf({ tree }: ProposedCheckout, key: SshPublicKey): Promise<readonly SignerName[]> {
  const names: SignerName[] = [];
  for (const path of await tree.list('registry/trust')) {
    const kind = parseSourcePath(path)?.kind;
    if (kind !== 'root' && kind !== 'owner-signers') continue;
    const bytes = await tree.read(path);
    const signers = bytes === undefined ? [] : valueOf(readSigners(bytes, path)).signers;
    names.push(...signers.filter((signer) => sameKey(signer.key, key)));
  }
  return names;
}

function signingOf(
  { namespace, missing }: Demand,
  names: readonly SignerName[],
): readonly { readonly namespace: string; readonly as: string }[] {
  const as = names.find((one) => one.namespaces.includes(namespace) && missing.includes(one.principal));
  return as === undefined ? [] : [{ namespace, as: as.principal }];
}
