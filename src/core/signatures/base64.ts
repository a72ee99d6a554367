/** Base64 with padding (RFC 4648 §4), the only spelling of bytes in SSH's text files. */
export function writeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/**
 * The bytes of a canonical base64 text; undefined for anything else.
 *
 * Decoders disagree about white space, the URL alphabet, missing padding and stray bits in the last digit
 * (RFC 4648 §3.5), so only the one text that {@link writeBase64} would write is read.
 */
export function readBase64(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return writeBase64(bytes) === text ? bytes : undefined;
}
