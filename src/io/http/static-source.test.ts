import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Loopback, serve } from '../../../test/support/loopback.ts';
import { refOf } from '../../core/digest.ts';
import { createHttp } from './http.ts';
import { createStaticSource } from './static-source.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function source(handler: (request: IncomingMessage, response: ServerResponse) => void, base = '') {
  const server: Loopback = await serve(handler);
  const http = createHttp({ offline: false, environment: { HOME: '/nonexistent' } });
  open.push(server, http);
  return { server, source: createStaticSource(`${server.url}${base}`, http) };
}

describe('a static host', () => {
  it('is asked for files below its address, with or without a slash at the end', async () => {
    for (const base of ['registry', 'registry/']) {
      const { source: registry, server } = await source((_, response) => response.end('1-7\n'), base);
      await registry.refresh();
      expect(Buffer.from((await registry.readFile('latest', 32))!).toString()).toBe('1-7\n');
      expect(server.requests[0]?.url).toBe('/registry/latest');
    }
  });

  it('is asked for objects by their digest, whatever their path on a Git branch is', async () => {
    const bytes = Buffer.from('{}');
    const { source: registry, server } = await source((_, response) => response.end(bytes));
    const ref = refOf(bytes);
    expect(await registry.readObject({ ...ref, path: 'plugins/all.jsonl' })).toEqual(bytes);
    expect(server.requests[0]?.url).toBe(`/o/${ref.sha256.slice(0, 2)}/${ref.sha256}`);
  });

  it('does not have what it answers 404 or 410 for', async () => {
    for (const status of [404, 410]) {
      const { source: registry } = await source((_, response) =>
        response.writeHead(status).end('<h1>Not found</h1>'.repeat(100)),
      );
      expect(await registry.readFile('root/2.signers', 10)).toBeUndefined();
    }
  });

  it('that fails says nothing about the file', async () => {
    for (const status of [500, 503, 429, 204, 304]) {
      const { source: registry } = await source((_, response) => response.writeHead(status).end());
      await expect(registry.readFile('latest', 32)).rejects.toMatchObject({
        code: 'SHEAF_NETWORK',
        message: expect.stringContaining(`(${status})`),
      });
    }
  });

  it('that asks for credentials is no host without the file', async () => {
    const { source: registry } = await source((_, response) => response.writeHead(401).end());
    await expect(registry.readFile('latest', 32)).rejects.toMatchObject({ code: 'SHEAF_AUTHENTICATION' });
  });

  it('that sends more than was asked for is refused, also when it hides that in compression', async () => {
    const { source: plain } = await source((_, response) => response.end('x'.repeat(33)));
    await expect(plain.readFile('latest', 32)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    const { source: packed } = await source((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
    );
    await expect(packed.readFile('latest', 32)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    expect(packed.bytesReceived).toBeGreaterThan(0);
  });

  it('counts the bytes that came over the network', async () => {
    const { source: registry } = await source((_, response) => response.end('12345'));
    await registry.readFile('latest', 32);
    await registry.readFile('latest', 32);
    expect(registry.bytesReceived).toBe(10);
  });

  it('is never asked for a path that leaves its address', async () => {
    const { source: registry, server } = await source((_, response) => response.end());
    for (const path of ['../latest', '/latest', 'a//b', 'https://evil.org/x', 'a?b', '']) {
      await expect(registry.readFile(path, 32)).rejects.toMatchObject({ code: 'SHEAF_INTERNAL' });
    }
    expect(server.requests).toHaveLength(0);
  });
});
