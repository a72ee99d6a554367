import type { SheafError } from '../errors.ts';

/**
 * Makes the error for a structure that is malformed, from a clause such as `its namespace runs past the
 * end`. The same structure occurs in files, keys and signatures, whose errors differ.
 */
export type Malformed = (problem: string) => SheafError;

const UTF8 = new TextEncoder();

/** A `uint32` of RFC 4251 §5: four bytes, most significant first. */
export function wireUint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A `string` of RFC 4251 §5: its length in bytes as `uint32`, then the bytes; text is written as UTF-8. */
export function wireString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? UTF8.encode(value) : value;
  return joinBytes(wireUint32(bytes.byteLength), bytes);
}

/** The parts one after the other. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/**
 * Reads the data types of RFC 4251 §5 one after the other. Lengths are compared with what is left before
 * anything is read, so no input makes it read past the end or allocate more than the input's own size.
 * Every method takes the name of the field, for the error, and throws what `malformed` makes.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #malformed: Malformed;
  #offset = 0;

  constructor(bytes: Uint8Array, malformed: Malformed) {
    this.#bytes = bytes;
    this.#malformed = malformed;
  }

  /** So many bytes without a length before them. */
  fixed(size: number, field: string): Uint8Array {
    if (size > this.#bytes.byteLength - this.#offset) {
      throw this.#malformed(`its ${field} runs past the end`);
    }
    const start = this.#offset;
    this.#offset += size;
    // A copy also of a Buffer, whose own `slice` is a view of a larger one.
    return new Uint8Array(this.#bytes.subarray(start, this.#offset));
  }

  /** A `byte`. */
  byte(field: string): number {
    return this.#view(1, field).getUint8(0);
  }

  /** A `uint32`. */
  uint32(field: string): number {
    return this.#view(4, field).getUint32(0);
  }

  /** A `string` of any bytes; of exactly `size` of them if given. */
  string(field: string, size?: number): Uint8Array {
    const length = this.uint32(field);
    if (size !== undefined && length !== size) {
      throw this.#malformed(`its ${field} has ${length} bytes instead of ${size}`);
    }
    return this.fixed(length, field);
  }

  /** A `string` that is a name: printable ASCII (RFC 4251 §6), so that it may be compared and shown. */
  text(field: string): string {
    const text = Buffer.from(this.string(field)).toString('latin1');
    if (!/^[\x20-\x7e]*$/.test(text)) {
      throw this.#malformed(`its ${field} is not printable ASCII`);
    }
    return text;
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.fixed(this.#bytes.byteLength - this.#offset, 'remainder');
  }

  /** Demands that nothing is left: bytes that nobody reads could carry a second meaning. */
  end(): void {
    const left = this.#bytes.byteLength - this.#offset;
    if (left > 0) throw this.#malformed(`it has ${left} trailing ${left === 1 ? 'byte' : 'bytes'}`);
  }

  #view(size: number, field: string): DataView {
    return new DataView(this.fixed(size, field).buffer);
  }
}
