import { SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';

/**
 * The address, if sheaf may fetch it: https, or plain HTTP on this machine; never with credentials in it.
 *
 * @throws SheafError `SHEAF_USAGE` or `SHEAF_NETWORK`.
 */
export function allowedUrl(text: string, allowPlainHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new SheafError('SHEAF_USAGE', `${quote(text)} is not an https address.`);
  }
  if (url.username !== '' || url.password !== '') {
    // Addresses get printed, logged and locked; a password in one would be too.
    throw new SheafError('SHEAF_USAGE', `The address of ${url.host} has credentials in it.`, {
      hint: 'Remove them, and put a token into SHEAF_TOKEN_<HOST> or a login into ~/.netrc.',
    });
  }
  if (url.protocol === 'http:' && !allowPlainHttp && !isLoopback(url.hostname)) {
    throw new SheafError(
      'SHEAF_NETWORK',
      `${url.host} would be asked over plain HTTP, which is not allowed.`,
      {
        hint: 'Use its https address.',
      },
    );
  }
  return url;
}

/**
 * Where a redirect leads (RFC 9110 §10.2.2), if it may be followed: never from https down to plain HTTP.
 *
 * @throws SheafError `SHEAF_NETWORK`.
 */
export function redirectTarget(from: URL, location: string, allowPlainHttp: boolean): URL {
  if (!URL.canParse(location, from.href)) {
    throw new SheafError('SHEAF_NETWORK', `${from.host} redirects to something that is not an address.`);
  }
  const target = new URL(location, from);
  if (target.protocol !== 'https:' && target.protocol !== 'http:') {
    throw new SheafError('SHEAF_NETWORK', `${from.host} redirects to something that is not on the web.`);
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new SheafError(
      'SHEAF_NETWORK',
      `${from.host} redirects from https to plain HTTP at ${target.host}, which is refused.`,
    );
  }
  if (target.username !== '' || target.password !== '') {
    throw new SheafError('SHEAF_NETWORK', `${from.host} redirects to an address with credentials in it.`);
  }
  return allowedUrl(target.href, allowPlainHttp);
}

/** Whether a host name means this machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
