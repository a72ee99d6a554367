import type { Report } from './documents/file-reading.ts';
import type { Path } from './documents/source-text.ts';
import { SheafError } from './errors.ts';
import { quote } from './text.ts';

/** What the places that a registry index is fetched from may begin with; the others are files to download. */
const INDEX_SCHEMES = ['https:', 'git+https:', 'ssh:', 'git+ssh:'];

/**
 * Reports a URL that a client should not be sent to: anything but https (RFC 9110 section 4.2.2), except http
 * to the machine itself, and any URL that carries credentials.
 */
export function judgeUrl(report: Report, path: Path, text: string | undefined): void {
  if (text !== undefined) judge(report, path, text, ['https:']);
}

/** As {@link judgeUrl}, for the address of an index: Git over https and ssh as well. */
export function judgeIndexUrl(report: Report, path: Path, text: string): void {
  judge(report, path, text, INDEX_SCHEMES);
}

/** As {@link judgeUrl}, for a prefix: it must end with a slash. */
export function judgeUrlPrefix(report: Report, path: Path, text: string): void {
  judge(report, path, text, ['https:']);
  // Without it "https://host/user" would also cover "https://host/user-of-the-same-beginning".
  if (!text.endsWith('/') || /[?#]/.test(text)) {
    report(
      path,
      'url-prefix',
      `The prefix ${quote(text)} does not end with a slash.`,
      `Write ${quote(`${text.replace(/[?#].*$/, '').replace(/\/$/, '')}/`)}.`,
    );
  }
}

/**
 * A URL prefix that a person typed; a slash that its end lacks is added.
 *
 * @param what it is called on the command line.
 * @throws SheafError `SHEAF_USAGE` for what {@link judgeUrlPrefix} reports.
 */
export function urlPrefix(text: string, what: string): string {
  const prefix = text.endsWith('/') ? text : `${text}/`;
  const refuse: Report = (_path, _rule, message, fix) => {
    throw new SheafError('SHEAF_USAGE', `${what}: ${message}`, { hint: fix });
  };
  judgeUrlPrefix(refuse, [], prefix);
  return prefix;
}

/** Whether a host name or address is the machine itself. */
function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function judge(report: Report, path: Path, text: string, schemes: readonly string[]): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    report(path, 'url', `${quote(text)} is not a URL.`, 'Write a URL such as https://example.org/page.');
    return;
  }
  // `git+http:` is no special scheme of the URL standard, but its host is parsed all the same.
  const isLocal = /^(git\+)?http:$/.test(url.protocol) && isLoopbackHost(url.hostname);
  if (!isLocal && !schemes.includes(url.protocol)) {
    report(
      path,
      'url-scheme',
      `The URL ${quote(text)} begins with ${quote(url.protocol)}, which is not allowed here.`,
      `Write one that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}; http:// is only for localhost.`,
    );
  }
  const isSshUser = url.protocol.endsWith('ssh:') && url.password === '';
  if ((url.username !== '' && !isSshUser) || url.password !== '') {
    report(
      path,
      'url-credentials',
      'The URL contains a user name or password, which everybody could read.',
      'Remove them; clients bring their own credentials.',
    );
  }
}
