import { afterEach, describe, expect, test } from 'vitest';
import { type Loopback, serve } from '../../../test/support/loopback.ts';
import { createHttp, type Http } from './http.ts';

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

interface Seen {
  readonly method: string | undefined;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** A server that answers with one status, and what it was sent. */
async function server(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ readonly url: string; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const loopback: Loopback = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization } = request.headers;
      seen.push({ method: request.method, body: Buffer.concat(chunks).toString(), authorization });
      response.writeHead(status, headers).end('{}');
    });
  });
  opened.push(loopback);
  return { url: loopback.url, seen };
}

function http(environment: Record<string, string> = {}): Http {
  const made = createHttp({
    offline: false,
    environment: { NETRC: '/nonexistent', ...environment },
    stallTime: 200,
    connectTimeout: 100,
    stallBytes: 1_000,
  });
  opened.push(made);
  return made;
}

describe('a change over HTTP', () => {
  test('is sent once with its method and body', async () => {
    const { url, seen } = await server(201);
    const response = await http({ SHEAF_TOKEN_127_0_0_1: 'secret' }).change(url, {
      method: 'PATCH',
      body: Buffer.from('{"a":1}'),
      maxBytes: 100,
    });
    response.discard();
    expect(response.status).toBe(201);
    expect(seen).toEqual([{ method: 'PATCH', body: '{"a":1}', authorization: 'Bearer secret' }]);
  });

  test.each([301, 302, 307, 308])('is not sent on when the server redirects with %i', async (status) => {
    const target = await server(200);
    const { url } = await server(status, { location: target.url });
    const response = await http().change(url, { method: 'POST', body: Buffer.from('x'), maxBytes: 100 });
    response.discard();
    expect(response.status).toBe(status);
    expect(target.seen).toEqual([]);
  });

  test('may take as long as its body at the least speed that is put up with', async () => {
    const loopback = await serve((request, response) => {
      request.resume();
      // Longer than an answer to a request without a body may take.
      request.on('end', () => setTimeout(() => response.end('done'), 600));
    });
    opened.push(loopback);
    const client = http();
    const slow = await client.change(loopback.url, {
      method: 'POST',
      body: Buffer.alloc(60_000),
      maxBytes: 100,
    });
    slow.discard();
    expect(slow.status).toBe(200);
    await expect(client.change(loopback.url, { method: 'DELETE', maxBytes: 100 })).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
    });
  });
});
