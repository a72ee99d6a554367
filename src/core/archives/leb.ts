/** An unsigned number in LEB128 (WebAssembly Core 2.0 §5.2.2), in as few bytes as it takes. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
