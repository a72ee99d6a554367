import type { Readable } from 'node:stream';
import { LIMITS } from '../core/limits.ts';

/** The end of what a plugin prints on standard error, however much that is. */
export class ErrorOutput {
  #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(stream: Readable) {
    stream.on('error', () => {});
    stream.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#length += chunk.byteLength;
      if (this.#length > 2 * LIMITS.pluginErrorBytes) this.#cut();
    });
  }

  /** Outside text: escape it before it is shown. */
  text(): string {
    this.#cut();
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  #cut(): void {
    const kept = Buffer.concat(this.#chunks).subarray(-LIMITS.pluginErrorBytes);
    this.#chunks = [Buffer.from(kept)];
    this.#length = kept.byteLength;
  }
}
