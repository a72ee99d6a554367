import { SheafError } from '../errors.ts';
import { readArmor } from './ssh-armor.ts';
import { readKeyBlob, type SshPublicKey } from './ssh-key.ts';
import { WireReader } from './ssh-wire.ts';

/**
 * The key that an armored signature says it is by (OpenSSH PROTOCOL.sshsig), or undefined when it is not a
 * signature sheaf could have made. Nothing is verified: this answers "whose file is it?" for a signature whose
 * message may have changed since, and never "who signed this?", which is `signerOf`'s question.
 */
export function keyNamedIn(signature: Uint8Array): SshPublicKey | undefined {
  try {
    const reader = new WireReader(readArmor('SSH SIGNATURE', signature, malformed), malformed);
    reader.fixed('SSHSIG'.length, 'magic');
    reader.uint32('version');
    return readKeyBlob(reader.string('public key'), malformed);
  } catch (error) {
    if (error instanceof SheafError) return undefined;
    throw error;
  }
}

function malformed(problem: string): SheafError {
  return new SheafError('SHEAF_SIGNATURE', `The signature is malformed: ${problem}.`);
}
