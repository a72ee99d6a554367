import { readBase64, writeBase64 } from './base64.ts';
import type { Malformed } from './ssh-wire.ts';

/** Base64 digits in a line, as ssh-keygen writes them. */
const WIDTH = 70;

/** What the block holds; the word in its BEGIN and END lines. */
export type ArmorLabel = 'SSH SIGNATURE' | 'OPENSSH PRIVATE KEY';

/** Bytes as the text block that ssh-keygen writes: BEGIN line, base64 in lines of 70, END line, LF line ends. */
export function writeArmor(label: ArmorLabel, bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(armorText(label, bytes));
}

/**
 * The bytes in a block, if it is exactly what {@link writeArmor} writes for them.
 *
 * ssh-keygen ignores what follows the END line and takes lines of any length; whoever accepts that gives two
 * programs room to read two different things.
 *
 * @throws whatever `malformed` makes.
 */
export function readArmor(label: ArmorLabel, armored: Uint8Array, malformed: Malformed): Uint8Array {
  const begin = `-----BEGIN ${label}-----\n`;
  const end = `\n-----END ${label}-----\n`;
  // latin1 keeps every byte a character of its own, so comparing text below is comparing bytes.
  const text = Buffer.from(armored).toString('latin1');
  if (text.includes('\r')) throw malformed('its lines end in CR LF instead of LF');
  if (!text.startsWith(begin))
    throw malformed(`it does not begin with the line ${JSON.stringify(begin.trim())}`);
  if (text.includes(begin, begin.length)) throw malformed('it holds more than one block');
  if (!text.endsWith(end)) throw malformed(`it does not end with the line ${JSON.stringify(end.trim())}`);

  const bytes = readBase64(text.slice(begin.length, -end.length).replaceAll('\n', ''));
  if (bytes === undefined) throw malformed('its base64 is not canonical');
  if (armorText(label, bytes) !== text) throw malformed(`its base64 is not in lines of ${WIDTH} characters`);
  return bytes;
}

function armorText(label: ArmorLabel, bytes: Uint8Array): string {
  const lines = writeBase64(bytes).match(new RegExp(`.{1,${WIDTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
