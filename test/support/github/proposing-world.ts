import type { ChangeTransport, Proposal } from '../../../src/core/submission-ports.ts';
import { createGithubTransport } from '../../../src/io/http/github/change-transport.ts';
import {
  createGithubClient,
  type GithubClient,
  type GithubClientOptions,
} from '../../../src/io/http/github/client.ts';
import { createHttp, type Http } from '../../../src/io/http/http.ts';
import type { Github } from './github.ts';
import { type ServedGithub, serveGithub } from './serve-github.ts';
import type { Repository, Token } from './state.ts';

/** A registry `acme/registry` on a lifelike GitHub, and Alice, who wants to have her plugin in it. */
export interface ProposingWorld {
  readonly github: Github;
  readonly registry: Repository;
  readonly alice: Token;
  readonly proposal: Proposal;
  /** As one run of a command has it: nothing is remembered of the last one. */
  client(token?: Token, waiting?: Pick<GithubClientOptions, 'delay' | 'signal'>): GithubClient;
  transport(token?: Token, fork?: string): ChangeTransport;
  close(): Promise<void>;
}

/** Opens it. */
export async function proposingWorld(): Promise<ProposingWorld> {
  const served: ServedGithub = await serveGithub();
  const { github } = served;
  const registry = await github.createRepository('acme/registry');
  const alice = github.classicToken('alice', ['public_repo']);
  const connections: Http[] = [];
  const client: ProposingWorld['client'] = (token = alice, waiting = {}) => {
    const http = createHttp({ offline: false, environment: { NETRC: '/nonexistent' } });
    connections.push(http);
    return createGithubClient({
      http,
      server: { api: `${github.api}/`, prefix: `${github.url}/` },
      token: () => Promise.resolve({ value: token.value, origin: 'GH_TOKEN' }),
      delay: 1,
      ...waiting,
    });
  };
  return {
    github,
    registry,
    alice,
    proposal: lensProposal('1.2.0'),
    client,
    transport: (token, fork) => createGithubTransport(client(token), 'acme/registry', fork),
    async close() {
      await Promise.all(connections.map((http) => http.close()));
      await served.close();
    },
  };
}

/** A release of a plugin: two files, of which one is not text. */
export function lensProposal(version: string, note = ''): Proposal {
  const folder = 'plugins/tools/lens';
  return {
    branch: `release/lens-${version}`,
    title: `Release lens ${version}`,
    body: 'Published with sheaf.',
    files: new Map([
      [`${folder}/${version}.toml`, Buffer.from(`name = "lens"\nversion = "${version}"\n${note}`)],
      [`${folder}/${version}.toml.sig`, Uint8Array.of(0, 255, 10, 13)],
    ]),
  };
}

/** What a branch of a repository has of a proposal, and how many commits lie between it and another commit. */
export async function landed(
  { git }: Repository,
  revision: string,
  { files }: Proposal,
): Promise<readonly boolean[]> {
  const found: boolean[] = [];
  for (const [path, bytes] of files) {
    const there = await git.read(revision, path);
    found.push(there !== undefined && there.equals(bytes));
  }
  return found;
}
