import { execa } from 'execa';
import { LIMITS } from '../../../core/limits.ts';
import { type Environment, tokenVariable } from '../credentials.ts';
import { GITHUB, type GithubAddress, githubOf } from './address.ts';

/** A token and where it came from, for messages. It is never printed itself. */
export interface GithubToken {
  readonly value: string;
  /** `GH_TOKEN`, `GITHUB_TOKEN`, `gh auth token` … */
  readonly origin: string;
}

/**
 * The token that a person or a workflow has for a server: `SHEAF_TOKEN_<HOST>`, then `GH_TOKEN` and `GITHUB_TOKEN`
 * (for an Enterprise server first those with `ENTERPRISE` in their names), then what `gh` has stored for it.
 *
 * The variables without a host belong to the server of the environment, as in a workflow: a token of an Enterprise
 * server must not be shown to GitHub, nor the other way round. For any other server there is none.
 */
export async function findGithubToken(
  server: GithubAddress,
  environment: Environment,
): Promise<GithubToken | undefined> {
  const { host, hostname } = new URL(server.prefix);
  const isOwn = isSame(server, githubOf(environment));
  const isGithub = isSame(server, GITHUB);
  if (!isOwn && !isGithub) return undefined;
  const names = [
    tokenVariable(host),
    tokenVariable(hostname),
    // As gh has it: for whom both are set, the others are those of GitHub.
    ...(isGithub ? [] : ['GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN']),
    ...(isOwn ? ['GH_TOKEN', 'GITHUB_TOKEN'] : []),
  ];
  for (const origin of names) {
    const value = environment[origin]?.trim();
    if (value !== undefined && isToken(value)) return { value, origin };
  }
  return await askGh(host, environment);
}

async function askGh(host: string, environment: Environment): Promise<GithubToken | undefined> {
  const { stdout, exitCode } = await execa('gh', ['auth', 'token', '--hostname', host], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: LIMITS.ghTime,
    maxBuffer: LIMITS.ghOutputBytes,
    // Not installed, not logged in, too slow: there are other ways to publish.
    reject: false,
  });
  const value = exitCode === 0 ? stdout.trim() : '';
  return isToken(value) ? { value, origin: 'gh auth token' } : undefined;
}

function isSame(one: GithubAddress, other: GithubAddress): boolean {
  return one.api === other.api && one.prefix === other.prefix;
}

/** Nothing that would end the header it is put into. */
function isToken(text: string): boolean {
  return /^[\x21-\x7e]{1,1024}$/.test(text);
}
