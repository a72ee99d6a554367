import { quote } from './text.ts';

/** An address, taken apart as clients and servers do. */
interface Address {
  readonly origin: string;
  /** Segments of the path as they are sent, and as they are once decoded, in which more slashes may part them. */
  readonly sent: readonly string[];
  readonly decoded: readonly string[];
}

/** Whose first two segments, owner and repository, are the same in any letter case. */
const FOLDING_HOST = 'https://github.com';

/**
 * What makes an address mean something else to some readers, as the end of a sentence; undefined for a plain one. A
 * slash may be encoded, as GitHub does in the tag `cli/v1.0.0`: it only parts what lies further down.
 */
export function addressTrick(text: string): string | undefined {
  const address = takeApart(text);
  return typeof address === 'string' ? address : undefined;
}

/**
 * Whether an address lies below a prefix that ends with a slash, both for a server that decodes the path before it
 * looks for the file and for one that does not. Nothing lies below what has a trick in it.
 */
export function isBelow(text: string, prefix: string): boolean {
  const [address, base] = [takeApart(text), takeApart(prefix)];
  if (typeof address === 'string' || typeof base === 'string' || address.origin !== base.origin) return false;
  return lies(address.sent, base.sent) && lies(address.decoded, base.decoded);
}

function lies(path: readonly string[], below: readonly string[]): boolean {
  if (below.at(-1) !== '' || path.length < below.length) return false;
  return below.slice(0, -1).every((segment, index) => path[index] === segment);
}

/** Clients and servers read text alone in other ways: `https://host/me/../you/` seems to lie below `/me/`. */
function takeApart(text: string): Address | string {
  if (!URL.canParse(text)) return 'cannot be read';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'has credentials in it';
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return 'has a query or a fragment';
  // Dot segments, backslashes, line breaks, other spellings of a port: none survives being parsed.
  const plain = text.replace(/^https?:\/\/[^/]*/i, lowerCase);
  if (url.href !== plain) return `is another spelling of ${quote(url.href)}`;
  const path = decodedOnce(url.pathname);
  if (path === undefined) return 'has an encoding in it that cannot be read';
  if (/[%\\\p{Cc}]/u.test(path)) {
    return 'has an encoded percent sign, backslash or control character in it';
  }
  const decoded = path.split('/');
  // Behind a semicolon some servers expect parameters, and drop them before they look at the segment.
  if (decoded.some((segment) => /^\.\.?(?:;|$)/.test(segment))) return 'has a segment of dots in it';
  const fold = url.origin === FOLDING_HOST ? foldRepository : (segments: readonly string[]) => segments;
  return { origin: url.origin, sent: fold(url.pathname.split('/')), decoded: fold(decoded) };
}

function decodedOnce(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    // Half an escape, or bytes that are no UTF-8, such as an overlong slash.
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function foldRepository(segments: readonly string[]): readonly string[] {
  return segments.map((segment, index) => (index === 1 || index === 2 ? lowerCase(segment) : segment));
}

/** Of ASCII only: other letters have lower cases that are letters of their own. */
function lowerCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
