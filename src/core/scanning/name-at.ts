const NAME_BYTES = 255;

/**
 * The text that ends with a zero byte.
 *
 * @throws RangeError when the file ends before.
 */
export function nameAt(view: DataView, at: number): string {
  let end = at;
  // A longer name is none that a file system has, and the end of a hostile one may be far away.
  while (end - at < NAME_BYTES && view.getUint8(end) !== 0) end++;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, end - at);
  return new TextDecoder('latin1').decode(bytes);
}
