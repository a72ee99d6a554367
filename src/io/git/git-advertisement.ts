const LENGTH_DIGITS = 4;

/**
 * Adds to a server's reference advertisement which branch HEAD means, where the server leaves it open: a
 * repository whose HEAD names a branch that was never pushed advertises none, and isomorphic-git refuses such
 * a repository after the fetch, although the branch it was asked for is there.
 *
 * The capabilities follow the first reference behind a NUL (gitprotocol-pack(5), "Reference Discovery"); what is
 * no advertisement is returned as it is.
 */
export function nameHead(advertisement: Buffer, branch: string): Buffer {
  const nul = advertisement.indexOf(0);
  const end = advertisement.indexOf('\n', nul);
  if (nul === -1 || end === -1) return advertisement;
  const capabilities = advertisement.toString('latin1', nul + 1, end);
  if (/(^| )symref=HEAD:/.test(capabilities)) return advertisement;
  const start = lineStart(advertisement, nul);
  if (start === undefined) return advertisement;
  const content = Buffer.concat([
    advertisement.subarray(start + LENGTH_DIGITS, end),
    Buffer.from(` symref=HEAD:refs/heads/${branch}\n`),
  ]);
  const length = (content.length + LENGTH_DIGITS).toString(16).padStart(LENGTH_DIGITS, '0');
  return Buffer.concat([
    advertisement.subarray(0, start),
    Buffer.from(length),
    content,
    advertisement.subarray(end + 1),
  ]);
}

/** Where the pkt-line that holds `position` begins (gitprotocol-common(5)). */
function lineStart(packets: Buffer, position: number): number | undefined {
  for (let start = 0; start + LENGTH_DIGITS <= packets.length; ) {
    const length = Number.parseInt(packets.toString('latin1', start, start + LENGTH_DIGITS), 16);
    if (Number.isNaN(length)) return undefined;
    // A flush packet is four zeros and nothing else.
    const next = start + Math.max(length, LENGTH_DIGITS);
    if (position < next) return start;
    start = next;
  }
  return undefined;
}
