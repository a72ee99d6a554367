import { SheafError } from '../core/errors.ts';
import {
  type ChangeTitle,
  type ProposedChange,
  proposeWritten,
  signCeremony,
} from '../ops/publishing/propose-ceremony.ts';
import { proposedCheckout } from '../ops/publishing/proposed-checkout.ts';
import type { Ceremony } from '../ops/trust/ceremony.ts';
import { type CheckoutAndSigningPorts, openCheckout } from '../wiring/checkout.ts';
import { createSigningPorts } from '../wiring/signing.ts';
import type { Call } from './call.ts';
import { registryOf, settingsOf } from './publishing-call.ts';

/** What a command did in a registry, and the change that was proposed with --propose. */
export interface Changed<T> {
  readonly result: T;
  readonly proposal?: ProposedChange;
}

/**
 * Runs a command that writes into a checkout of a registry; with --propose into none, and what it would have written
 * becomes a change of the registry that it names, signed with the keys of --sign as far as they are asked for.
 *
 * @param title names the change after what was done.
 * @throws SheafError `SHEAF_USAGE`, and what the command, the keys and the transport refuse with.
 */
export async function inCheckout<T extends object>(
  call: Call,
  work: (ports: CheckoutAndSigningPorts) => Promise<T>,
  title: (result: T) => ChangeTitle,
): Promise<Changed<T>> {
  const options = { mayAsk: !call.global.noInput && !call.global.json, signal: call.signal };
  const to = call.value('propose');
  if (to === undefined) {
    requireNoTransport(call);
    return { result: await work(openCheckout(call.value('registry') ?? '.', options)) };
  }
  const signing = createSigningPorts(options);
  const connected = registryOf(call, { ...settingsOf(call, {}), to });
  try {
    const checkout = proposedCheckout(connected.registry, signing.files);
    const result = await work({ ...signing, tree: checkout.tree, files: checkout.files });
    if (call.flag('dry-run')) return { result };
    if (isCeremony(result)) await signCeremony(checkout, signing.sshKeygen, result, call.values('sign'));
    if (checkout.written.size === 0) return { result };
    return { result, proposal: await proposeWritten(checkout, connected.transport, title(result)) };
  } finally {
    await connected.close();
  }
}

function isCeremony(result: object): result is Ceremony {
  return 'demands' in result;
}

function requireNoTransport(call: Call): void {
  const stray = ['transport', 'fork', 'sign'].find((name) => call.values(name).length > 0);
  if (stray === undefined) return;
  throw new SheafError('SHEAF_USAGE', `--${stray} has no use without --propose.`, {
    hint: 'Add --propose URL, or leave it out to write into a checkout.',
  });
}

/** What the change with a key file is called; `registry/trust/owners/ada/2.signers` is on the branch `owner/ada-2`. */
export function keyFileTitle(
  verb: string,
  owner: string,
  path: string,
  changes: readonly string[],
): ChangeTitle {
  const version = /(\d+)\.signers$/.exec(path)?.[1] ?? '';
  return {
    branch: `owner/${owner}-${version}`,
    title: `${verb} ${owner}`,
    body: [
      `Version ${version} of the keys of ${owner}:`,
      '',
      ...changes.map((change) => `- ${change}`),
      '',
    ].join('\n'),
  };
}
