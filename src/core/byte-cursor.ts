import { exactText } from './documents/strict-json.ts';

/**
 * Reads a binary format from its beginning to its end. Every read is checked against the end that was given;
 * what is cut off or malformed throws what `refuse` makes of one clause: `ends inside a section`.
 */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly #refuse: (clause: string) => Error;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number, refuse: (clause: string) => Error) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#refuse = refuse;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** A refusal at the place that has been reached. */
  refusal(clause: string): Error {
    return this.#refuse(`${clause} (at byte ${this.at})`);
  }

  byte(): number {
    const byte = this.at < this.end ? this.bytes[this.at] : undefined;
    if (byte === undefined) throw this.refusal('is cut off');
    this.at++;
    return byte;
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.end - this.at) throw this.refusal('is cut off');
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, this.at);
  }

  /** A cursor over the next `length` bytes, which this one steps over. */
  part(length: number): ByteCursor {
    const start = this.at;
    this.take(length);
    return new ByteCursor(this.bytes, start, this.at, this.#refuse);
  }

  /** An unsigned 32-bit number in LEB128 (WebAssembly Core 2.0 §5.2.2): at most five bytes, no bit beyond 32. */
  u32(): number {
    let value = 0;
    for (let position = 0; position < 5; position++) {
      const byte = this.byte();
      if (position === 4 && byte > 0x0f) throw this.refusal('has a number of more than 32 bits');
      value += (byte & 0x7f) * 2 ** (7 * position);
      if (byte < 0x80) return value;
    }
    throw this.refusal('has a number of more than 32 bits');
  }

  /** A length in front of a list; a list of more than `most` is refused before it is read. */
  count(most: number, what: string): number {
    const count = this.u32();
    if (count > most) throw this.refusal(`has more than ${most} ${what}`);
    return count;
  }

  /** A length and as many bytes of UTF-8 (§5.2.4). */
  name(): string {
    const text = exactText(this.take(this.u32()));
    if (text === undefined) throw this.refusal('has a name that is not UTF-8');
    return text;
  }
}
