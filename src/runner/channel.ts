import { readSync, writeSync } from 'node:fs';
import { LIMITS } from '../core/limits.ts';

const STDIN = 0;
const STDOUT = 1;
const CHUNK = 65_536;
const LINE_FEED = 0x0a;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The pipes to the host, read and written synchronously: a module's import can then ask the host and wait, with
 * nothing of the event loop in between, which is also faster than streams. Every failure of a pipe ends the
 * process: without its host a runner has no purpose.
 */
export class Channel {
  #buffer: Uint8Array = new Uint8Array(CHUNK);
  #start = 0;
  #end = 0;

  /** The next line, without its line feed. */
  readLine(): string {
    let searched = this.#start;
    for (;;) {
      const at = this.#buffer.subarray(0, this.#end).indexOf(LINE_FEED, searched);
      if (at >= 0) {
        const line = STRICT.decode(this.#buffer.subarray(this.#start, at));
        this.#start = at + 1;
        return line;
      }
      const length = this.#end - this.#start;
      if (length > LIMITS.protocolLineBytes) process.exit(1);
      this.#makeRoom();
      searched = this.#start + length;
      this.#end += read(this.#buffer, this.#end);
    }
  }

  /** The next `length` bytes, whatever they are. */
  readBytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const buffered = Math.min(length, this.#end - this.#start);
    bytes.set(this.#buffer.subarray(this.#start, this.#start + buffered));
    this.#start += buffered;
    for (let at = buffered; at < length; ) at += read(bytes, at);
    return bytes;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.byteLength; ) at += writeSync(STDOUT, bytes, at);
    } catch {
      process.exit(0);
    }
  }

  /** Moves what is unread to the front, and doubles the buffer when it is full all the same. */
  #makeRoom(): void {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    if (unread.byteLength === this.#buffer.byteLength) {
      const grown = new Uint8Array(2 * this.#buffer.byteLength);
      grown.set(unread);
      this.#buffer = grown;
    } else if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end = unread.byteLength;
    this.#start = 0;
  }
}

/** At least one byte: at the end of the pipe the host is gone. */
function read(into: Uint8Array, at: number): number {
  try {
    const length = readSync(STDIN, into, at, into.byteLength - at, null);
    if (length > 0) return length;
  } catch {
    // A closed pipe and a broken one are the same: there is nobody left to tell.
  }
  return process.exit(0);
}
