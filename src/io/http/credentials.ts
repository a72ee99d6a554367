import { homedir } from 'node:os';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { readFileIfExists } from '../files.ts';

const NETRC_BYTES = 1024 * 1024;

/** The environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a person lets sheaf say to hosts. Nothing here is ever logged, printed or put into an error. */
export interface Credentials {
  /** Value of the `Authorization` header (RFC 9110 §11.6.2) for a URL; undefined when there is none. */
  authorization(url: URL): Promise<string | undefined>;
}

/**
 * Credentials by host: a token in `SHEAF_TOKEN_<HOST>`, else a login in `~/.netrc` (or the file that `NETRC`
 * names). A token is sent as a bearer token (RFC 6750), a login as basic authentication (RFC 7617).
 */
export function createCredentials(environment: Environment): Credentials {
  let netrc: Promise<ReadonlyMap<string, Login>> | undefined;
  return {
    async authorization(url) {
      // A token of `host` is not one of `host:8443`, but a person who names no port means them all.
      const token = environment[tokenVariable(url.host)] ?? environment[tokenVariable(url.hostname)];
      if (token !== undefined && token !== '') return `Bearer ${token}`;
      netrc ??= readNetrc(environment);
      const login = (await netrc).get(url.hostname);
      if (login === undefined) return undefined;
      return `Basic ${Buffer.from(`${login.login}:${login.password}`).toString('base64')}`;
    },
  };
}

/**
 * The variable that holds the token of a host: upper case, each character that is no letter or digit as `_`,
 * a hyphen as `__`. Were a hyphen `_` too, whoever registers `git-example.org` would be sent the token of
 * `git.example.org`.
 */
export function tokenVariable(host: string): string {
  return `SHEAF_TOKEN_${host
    .toUpperCase()
    .replaceAll('-', '__')
    .replaceAll(/[^A-Z0-9_]/g, '_')}`;
}

interface Login {
  readonly login: string;
  readonly password: string;
}

async function readNetrc(environment: Environment): Promise<ReadonlyMap<string, Login>> {
  const home = environment.HOME ?? environment.USERPROFILE ?? homedir();
  const path = environment.NETRC ?? join(home, process.platform === 'win32' ? '_netrc' : '.netrc');
  try {
    const bytes = await readFileIfExists(path, NETRC_BYTES);
    return bytes === undefined ? new Map() : parseNetrc(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    // A file that cannot be read must not stop a fetch that needs no credentials.
    if (error instanceof SheafError) return new Map();
    throw error;
  }
}

/**
 * The logins of a netrc file (GNU inetutils, "The .netrc file"), by host. The `default` entry is left out on
 * purpose: it would hand one password to every host that a project names.
 */
export function parseNetrc(text: string): ReadonlyMap<string, Login> {
  const logins = new Map<string, Login>();
  let host: string | undefined;
  let entry: { login?: string; password?: string } = {};
  const finish = (): void => {
    // The first entry of a host wins, as in every other reader of this file.
    if (host !== undefined && entry.password !== undefined && !logins.has(host)) {
      logins.set(host, { login: entry.login ?? '', password: entry.password });
    }
    entry = {};
  };
  const words = netrcWords(text).values();
  for (const word of words) {
    if (word === 'machine' || word === 'default') {
      finish();
      host = word === 'machine' ? words.next().value?.toLowerCase() : undefined;
    } else if (word === 'login' || word === 'password') {
      const value = words.next().value;
      if (value !== undefined) entry[word] = value;
    }
  }
  finish();
  return logins;
}

function netrcWords(text: string): string[] {
  const words: string[] = [];
  let inMacro = false;
  for (const line of text.split('\n').map((line) => line.trim())) {
    // A macro runs to the next empty line and may contain anything, the word `machine` too.
    inMacro = line !== '' && (inMacro || /^macdef\s/.test(line));
    if (inMacro || line.startsWith('#')) continue;
    for (const [word] of line.matchAll(/"[^"]*"|\S+/g)) {
      words.push(word.startsWith('"') ? word.slice(1, -1) : word);
    }
  }
  return words;
}
