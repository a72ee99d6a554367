/**
 * The headers of a 64-bit ELF program for Linux, with one segment that is loaded and one that names libraries.
 *
 * @param machine 62 for x64, 183 for arm64.
 */
export function exampleProgram(machine = 62, libraries: readonly string[] = []): Uint8Array {
  const strings = new TextEncoder().encode(['', ...libraries, ''].join('\0'));
  const [segments, dynamic] = [64, 64 + 2 * 56];
  const names = dynamic + (libraries.length + 2) * 16;
  const bytes = new Uint8Array(names + strings.byteLength);
  const view = new DataView(bytes.buffer);
  const wide = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 3, true);
  view.setUint16(18, machine, true);
  wide(32, segments);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  for (const [index, [type, offset]] of [[1, 0] as const, [2, dynamic] as const].entries()) {
    const at = segments + index * 56;
    view.setUint32(at, type, true);
    wide(at + 8, offset);
    wide(at + 16, offset);
    wide(at + 32, bytes.byteLength - offset);
  }
  let name = 1;
  for (const [index, library] of libraries.entries()) {
    wide(dynamic + index * 16, 1);
    wide(dynamic + index * 16 + 8, name);
    name += library.length + 1;
  }
  wide(dynamic + libraries.length * 16, 5);
  wide(dynamic + libraries.length * 16 + 8, names);
  bytes.set(strings, names);
  return bytes;
}
