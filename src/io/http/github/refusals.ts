import { SheafError } from '../../../core/errors.ts';
import { formatInstant, type Instant } from '../../../core/instant.ts';
import { quote } from '../../../core/text.ts';
import { statusError } from '../http-errors.ts';
import type { GithubToken } from './token.ts';

/** An answer that is no success. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `message` of the body, and those of its `errors`; empty when the body has none. */
  readonly said: readonly string[];
  readonly url: string;
  /** Whether something was to be changed. */
  readonly isChange: boolean;
  /** When it came. */
  readonly now: Instant;
}

/**
 * The refusal for an answer of GitHub's REST API, with `details.status` and, as far as it said anything,
 * `details.github`. For an exhausted rate limit `details.limited` is true and `details.until` a timestamp, where the
 * answer tells one.
 *
 * https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
export function githubRefusal(answer: RefusedAnswer, token: GithubToken | undefined): SheafError {
  const { status, headers, said, url } = answer;
  const { host } = new URL(url);
  const details = { host, status, ...(said.length === 0 ? {} : { github: quote(said.join(': ')) }) };
  const limit = limitOf(answer);
  if (limit !== undefined) return limitError(host, limit, token, details);
  if (status === 401) return badToken(host, token, details);
  const scopes = answer.isChange ? lackingScopes(headers) : undefined;
  if (scopes !== undefined && (status === 403 || status === 404)) {
    const origin = token?.origin ?? 'this address';
    return new SheafError(
      'SHEAF_AUTHENTICATION',
      `The token of ${origin} lacks the scope ${scopes} on ${host} (${status}).`,
      {
        hint: 'Grant it in the settings of the token, or run gh auth login.',
        details,
      },
    );
  }
  if (status === 403) return forbidden(host, headers, said, token, details);
  if (status === 404 || status === 410) {
    const who = token === undefined ? 'without a token' : `with the token of ${token.origin}`;
    return new SheafError('SHEAF_PATH', `${host} shows nothing at ${pathOf(url)} ${who} (${status}).`, {
      hint: 'Check the name of the repository, and that the account may do this: GitHub hides what it forbids.',
      details,
    });
  }
  if (status >= 500) return statusError(status, url);
  const isTaken = said.some((one) => /already[_ ]exists/i.test(one));
  const what = said.length === 0 ? '' : `: ${quote(said.join(': '))}`;
  return new SheafError(
    isTaken ? 'SHEAF_EXISTS' : 'SHEAF_NETWORK',
    `${host} refused the request with ${status}${what}.`,
    { details },
  );
}

/** Whether nobody knows if the request was carried out, or whether trying again may help. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof SheafError) || error.code !== 'SHEAF_NETWORK') return false;
  const { status, limited } = error.details;
  return limited !== true && (status === undefined || Number(status) >= 500);
}

/** Status of an answer that became a refusal. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof SheafError)) return undefined;
  const { status } = error.details;
  return typeof status === 'number' ? status : undefined;
}

interface Limit {
  readonly kind: 'primary' | 'secondary';
  readonly until?: Instant;
}

/** GitHub says "later" with 403 as well as with 429, with a time in one header or the other, or without any. */
function limitOf({ status, headers, said, now }: RefusedAnswer): Limit | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isSafeInteger(seconds)) return { kind: 'secondary', until: now + seconds * 1000 };
  if (headers['x-ratelimit-remaining'] === '0') {
    const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000;
    return { kind: 'primary', ...(Number.isSafeInteger(reset) ? { until: reset } : {}) };
  }
  const isSecondary = status === 429 || said.some((one) => /secondary rate limit|abuse detection/i.test(one));
  return isSecondary ? { kind: 'secondary' } : undefined;
}

function limitError(
  host: string,
  { kind, until }: Limit,
  token: GithubToken | undefined,
  details: Readonly<Record<string, unknown>>,
): SheafError {
  const whose = token === undefined ? 'this address' : 'this account';
  const time = isTime(until) ? formatInstant(until) : undefined;
  const when = time === undefined ? 'for some minutes' : `until ${time}`;
  return new SheafError('SHEAF_NETWORK', `${host} answers no more requests of ${whose} ${when}.`, {
    hint:
      token === undefined && kind === 'primary'
        ? 'Run the command again then, or put a token into GH_TOKEN: accounts have a higher limit.'
        : 'Run the command again then; it goes on where it stopped.',
    details: { ...details, limited: true, ...(time === undefined ? {} : { until: time }) },
  });
}

/** A number from a header may be too large for any calendar. */
function isTime(instant: Instant | undefined): instant is Instant {
  return instant !== undefined && instant >= 0 && instant < 253_402_300_800_000;
}

function badToken(
  host: string,
  token: GithubToken | undefined,
  details: Readonly<Record<string, unknown>>,
): SheafError {
  return token === undefined
    ? new SheafError(
        'SHEAF_AUTHENTICATION',
        `${host} asks for credentials, or does not accept those it was given (401).`,
        {
          hint: 'Put a token into GH_TOKEN, or run gh auth login.',
          details,
        },
      )
    : new SheafError(
        'SHEAF_AUTHENTICATION',
        `${host} does not accept the token of ${token.origin}: it is wrong, expired or revoked (401).`,
        { hint: 'Make a new one in the settings of your account, or run gh auth login.', details },
      );
}

function forbidden(
  host: string,
  headers: Readonly<Record<string, string>>,
  said: readonly string[],
  token: GithubToken | undefined,
  details: Readonly<Record<string, unknown>>,
): SheafError {
  const origin = token?.origin ?? 'this address';
  if (headers['x-github-sso'] !== undefined) {
    return new SheafError(
      'SHEAF_AUTHENTICATION',
      `The token of ${origin} is not authorized for the single sign-on of the organization (403).`,
      { hint: 'Authorize it in the settings of your account, under tokens, "Configure SSO".', details },
    );
  }
  if (!said.some((one) => /not accessible by (personal access token|integration)/i.test(one))) {
    const what = said.length === 0 ? '' : `: ${quote(said.join(': '))}`;
    return new SheafError('SHEAF_AUTHENTICATION', `${host} forbids it (403)${what}.`, {
      hint: 'Use the token of an account that may do this.',
      details,
    });
  }
  const lacking = permissionsIn(headers['x-accepted-github-permissions']);
  const isWorkflow = said.some((one) => /integration/i.test(one));
  const sentence =
    lacking === undefined
      ? `The token of ${origin} may not do this on ${host} (403).`
      : `The token of ${origin} lacks the permission ${lacking} on ${host} (403).`;
  return new SheafError('SHEAF_AUTHENTICATION', sentence, {
    hint: isWorkflow
      ? 'Grant it under "permissions" of the workflow; a workflow reaches no repository but its own.'
      : 'Grant it in the settings of the token. A fine-grained token reaches only repositories of the account it was made for: for those of others use gh auth login or a classic token with the scope public_repo.',
    details: { ...details, ...(lacking === undefined ? {} : { permission: lacking }) },
  });
}

/** Of a classic token; GitHub names those it has, and those of which one is needed. */
function lackingScopes(headers: Readonly<Record<string, string>>): string | undefined {
  const [has, needed] = ['x-oauth-scopes', 'x-accepted-oauth-scopes'].map((name) =>
    (headers[name] ?? '')
      .split(',')
      .map((scope) => scope.trim())
      .filter((scope) => /^[a-z_:]+$/.test(scope)),
  );
  if (headers['x-oauth-scopes'] === undefined || needed === undefined || needed.length === 0)
    return undefined;
  return needed.some((scope) => has?.includes(scope)) ? undefined : needed.join(' or ');
}

/** `contents=write,metadata=read; issues=write`: commas mean all of them, semicolons any of these. */
function permissionsIn(header: string | undefined): string | undefined {
  const text = (header ?? '').trim();
  if (!/^[a-z_]+=[a-z]+([,;]\s*[a-z_]+=[a-z]+)*$/.test(text)) return undefined;
  return text
    .split(/;\s*/)
    .map((set) =>
      set
        .split(/,\s*/)
        .map((one) => one.replace('=', ': '))
        .join(' and '),
    )
    .join(' or ');
}

function pathOf(url: string): string {
  return quote(new URL(url).pathname);
}
