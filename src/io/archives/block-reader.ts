import { malformed } from './archive-reader.ts';

/** Cuts a stream of chunks of any length into the pieces a format asks for. */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * The next `length` bytes; undefined at the end of the stream.
   *
   * @throws SheafError `SHEAF_ARCHIVE` when the stream ends in the middle.
   */
  async read(length: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const part = await this.#take(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.byteLength;
    }
    if (missing === length && length > 0) return undefined;
    if (missing > 0) throw malformed('is cut off');
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** The next `length` bytes in pieces, after which the stream stands behind `padded` of them. */
  async *body(length: number, padded: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = padded; left > 0; ) {
      const part = await this.#take(left);
      if (part === undefined) throw malformed('is cut off inside a file');
      const wanted = length - (padded - left);
      left -= part.byteLength;
      if (wanted > 0) yield part.subarray(0, wanted);
    }
  }

  /** Stops the stream. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #take(atMost: number): Promise<Buffer | undefined> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      const { buffer, byteOffset, byteLength } = next.value;
      this.#rest = Buffer.from(buffer, byteOffset, byteLength);
    }
    const part = this.#rest.subarray(0, atMost);
    this.#rest = this.#rest.subarray(atMost);
    return part;
  }
}
