import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { IndexSource } from '../../src/core/ports.ts';
import type { GitHttp } from '../../src/io/git/git-http.ts';
import type { RegistrySimulator } from '../../src/testkit/index.ts';
import { gitInProcess } from './git-in-process.ts';
import { branchTree } from './index-branch.ts';
import { gitHost } from './transports.ts';

/** The two answers of a Git server that a clone consists of. */
export const GIT_ANSWERS = ['git-upload-pack-advertisement', 'git-upload-pack-result'] as const;

/** What an honest server answered, to be damaged and played back without a server. */
export type RecordedGit = ReadonlyMap<(typeof GIT_ANSWERS)[number], Buffer>;

const LOCATION = { transport: 'http', url: 'http://127.0.0.1:1/registry.git', branch: 'index' } as const;

/** Clones the branch of a registry once from a real server, and keeps what that said. */
export async function recordGit(registry: RegistrySimulator, directory: string): Promise<RecordedGit> {
  const served = join(directory, 'served');
  await mkdir(served, { recursive: true });
  const host = await gitHost(served);
  const recorded = new Map<(typeof GIT_ANSWERS)[number], Buffer>();
  try {
    await host.show(await branchTree(registry));
    const address = host.url.slice('git+'.length);
    const gitdir = join(directory, 'recording');
    const http = answering(async (part, { path, method, headers, body }) => {
      const response = await fetch(address + path, {
        method,
        headers,
        ...(method === 'POST' ? { body } : {}),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      recorded.set(part, bytes);
      return bytes;
    });
    await gitInProcess(LOCATION, gitdir, { http }).refresh();
    await rm(gitdir, { recursive: true });
  } finally {
    await host.close();
  }
  return recorded;
}

/** A clone from recorded answers, as a source. */
export function playedBack(answers: RecordedGit, gitdir: string): IndexSource {
  const http = answering((part) => Promise.resolve(answers.get(part) ?? Buffer.alloc(0)));
  const source = gitInProcess(LOCATION, gitdir, { http });
  return {
    ...source,
    async refresh() {
      // Anew each time, so that nothing honest from before is there.
      await rm(gitdir, { recursive: true, force: true });
      await source.refresh();
    },
  };
}

interface Asked {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** An HTTP client for isomorphic-git whose answers come from a function. */
function answering(
  answer: (part: (typeof GIT_ANSWERS)[number], asked: Asked) => Promise<Uint8Array>,
): GitHttp {
  return {
    bytesReceived: 0,
    async request({ url, method = 'GET', headers = {}, body }) {
      const parts: Uint8Array[] = [];
      for await (const part of body ?? []) parts.push(part);
      const part = GIT_ANSWERS[url.includes('info/refs') ? 0 : 1];
      const path = url.slice(LOCATION.url.length);
      const bytes = await answer(part, { path, method, headers, body: Buffer.concat(parts) });
      return {
        url,
        statusCode: 200,
        statusMessage: 'OK',
        headers: { 'content-type': `application/x-${part}` },
        body: (async function* () {
          yield bytes;
        })(),
      };
    },
  };
}
