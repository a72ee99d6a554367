import { LIMITS } from '../core/limits.ts';

const LINE_FEED = 0x0a;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Why a stream cannot be read as lines any further. */
export type LineFault = 'too long' | 'not UTF-8';

/** Cuts a stream of bytes into lines; a line longer than protocol 1 allows is never held in memory. */
export class LineReader {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Takes a chunk, and hands each line that it completes to `take`, until it answers false. */
  push(chunk: Uint8Array, take: (line: string) => boolean): LineFault | undefined {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(LINE_FEED, from);
      const part = chunk.subarray(from, at < 0 ? undefined : at);
      this.#length += part.byteLength;
      if (this.#length > LIMITS.protocolLineBytes) return 'too long';
      if (part.byteLength > 0) this.#parts.push(part);
      if (at < 0) return undefined;
      from = at + 1;
      const line = this.#take();
      if (line === undefined) return 'not UTF-8';
      if (!take(line)) return undefined;
    }
  }

  #take(): string | undefined {
    const [first = new Uint8Array(), ...rest] = this.#parts;
    this.#parts = [];
    this.#length = 0;
    try {
      return STRICT.decode(rest.length === 0 ? first : Buffer.concat([first, ...rest]));
    } catch {
      return undefined;
    }
  }
}
