import type { Http } from './http.ts';
import { collect } from './http-body.ts';
import { statusError } from './http-errors.ts';

/**
 * Fetches a whole file; undefined when the host says that it has none.
 *
 * @param onReceived is told of every chunk as it came over the wire.
 * @throws SheafError `SHEAF_SIZE` when it is longer than `maxBytes`, and as `Http.get`.
 */
export async function fetchFile(
  http: Http,
  url: string,
  maxBytes: number,
  onReceived: (bytes: number) => void = () => undefined,
): Promise<Uint8Array | undefined> {
  const response = await http.get(url, { maxBytes, onReceived });
  if (response.status === 200) return await collect(response.body);
  response.discard();
  // RFC 9110 §15.5.5 and §15.5.11; whatever else a host answers is no statement about the file.
  if (response.status === 404 || response.status === 410) return undefined;
  throw statusError(response.status, response.url);
}
