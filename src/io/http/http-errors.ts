import { SheafError } from '../../core/errors.ts';
import { tokenVariable } from './credentials.ts';

const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_PRX_TLS',
]);

const RESET_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_ABORTED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
]);

const LATER = 'Try again later, or from another network; what has arrived is not fetched again.';

/**
 * The refusal for whatever the HTTP client threw: one sentence that names the host, code `SHEAF_NETWORK`. The
 * library's own message stays in `cause`; it repeats addresses and header bytes that nobody checked.
 */
export function networkError(error: unknown, url: URL): SheafError {
  if (error instanceof SheafError) return error;
  const code = codeOf(error);
  const { sentence, hint = LATER } = explain(code ?? '', url, error);
  return new SheafError('SHEAF_NETWORK', sentence, {
    hint,
    details: { host: url.host, ...(code === undefined ? {} : { reason: code }) },
    cause: error,
  });
}

/** The refusal for 401 and 403 (RFC 9110 §15.5.2, §15.5.4). */
export function authenticationError(status: number, url: URL, sentCredentials: boolean): SheafError {
  const sentence = sentCredentials
    ? `${url.host} rejected the credentials it was given (${status}).`
    : `${url.host} asks for credentials (${status}).`;
  return new SheafError('SHEAF_AUTHENTICATION', sentence, {
    hint: `Put a token that may read it into ${tokenVariable(url.hostname)}, or a login into ~/.netrc.`,
    details: { host: url.host, status },
  });
}

/** The refusal for a status that the caller has no use for: 500, 429, a 206 nobody asked for. */
export function statusError(status: number, url: string): SheafError {
  const { host } = new URL(url);
  const meaning =
    status === 404 || status === 410 ? 'does not have it' : `answered with an error (${status})`;
  return new SheafError('SHEAF_NETWORK', `${host} ${meaning}.`, { hint: LATER, details: { host, status } });
}

/** The refusal for a transfer that no longer moves. */
export function stallError(url: URL, milliseconds: number): SheafError {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  return new SheafError('SHEAF_NETWORK', `${url.host} sent next to nothing for ${seconds} s.`, {
    hint: LATER,
    details: { host: url.host, reason: 'stalled' },
  });
}

function explain(code: string, url: URL, error: unknown): { sentence: string; hint?: string } {
  const proxyStatus = /^Proxy response \((\d{3})\)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (proxyStatus !== undefined) {
    return {
      sentence: `The proxy refused a connection to ${url.host} (${proxyStatus}).`,
      hint: 'Check HTTPS_PROXY and NO_PROXY; a login goes into the proxy URL.',
    };
  }
  switch (code) {
    case 'ECONNREFUSED':
      return {
        sentence: `${url.host} refused the connection.`,
        hint: 'Check the address, and that a proxy in between is running.',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return {
        sentence: `The name ${url.hostname} could not be resolved.`,
        hint: 'Check the spelling of the address and the network connection.',
      };
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return { sentence: `${url.host} did not accept a connection in time.` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
      return {
        sentence: `There is no route to ${url.host}.`,
        hint: 'Check the network connection, or work with --offline.',
      };
    default:
      break;
  }
  if (CERTIFICATE_CODES.has(code)) {
    return {
      sentence: `The TLS certificate of ${url.host} is not valid (${code}).`,
      hint: 'If your organisation inspects TLS, name its certificate in NODE_EXTRA_CA_CERTS.',
    };
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return { sentence: `No TLS connection to ${url.host} could be agreed on.` };
  }
  if (RESET_CODES.has(code)) {
    return { sentence: `${url.host} broke off the connection.` };
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return { sentence: `${url.host} answered with something that is not HTTP.` };
  }
  return { sentence: `The transfer from ${url.host} failed.` };
}

/** Code of an error or of what caused it; of several addresses tried (RFC 8305), that of the first. */
function codeOf(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 4; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}
