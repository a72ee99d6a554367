import { SheafError } from '../core/errors.ts';
import { interrupted } from './failure.ts';

/**
 * All of standard input. An abort ends the wait at once: on a terminal it may last for ever.
 *
 * @throws SheafError `SHEAF_SIZE` when it is longer than `maxBytes`; `SHEAF_INTERRUPTED`.
 */
export async function readInput(
  stdin: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(interrupted(signal.reason));
    else signal.addEventListener('abort', () => reject(interrupted(signal.reason)), { once: true });
  });
  return Promise.race([readAll(stdin, maxBytes), aborted]);
}

async function readAll(stdin: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new SheafError('SHEAF_SIZE', `Standard input has more than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
