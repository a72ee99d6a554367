import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpWorld } from '../../../test/support/http-world.ts';
import { closedPort, serveProxy, serveRaw } from '../../../test/support/loopback.ts';
import { collect } from './http-body.ts';

const world = new HttpWorld();
const server: HttpWorld['server'] = (handler) => world.server(handler);
const client: HttpWorld['client'] = (options) => world.client(options);
const text: HttpWorld['text'] = (...given) => world.text(...given);

afterEach(() => world.close());

const quick = { connectTimeout: 100, stallTime: 100 };

describe('a response', () => {
  it('is handed on with its status, address and headers', async () => {
    const { url, requests } = await server((_, response) =>
      response.writeHead(404, { 'X-Thing': 'yes' }).end('gone'),
    );
    const response = await client().get(`${url}a`, { maxBytes: 10 });
    expect(response).toMatchObject({ status: 404, url: `${url}a`, headers: { 'x-thing': 'yes' } });
    expect(Buffer.from(await collect(response.body)).toString()).toBe('gone');
    expect(requests[0]?.headers['user-agent']).toBe('sheaf/1.2.3');
  });

  it('is decompressed from gzip and brotli', async () => {
    for (const [encoding, bytes] of [
      ['gzip', gzipSync('hello')],
      ['br', brotliCompressSync('hello')],
    ] as const) {
      const { url } = await server((_, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
      );
      expect(await text(url)).toBe('hello');
    }
  });

  it('that was asked for as it lies there is not decompressed, whatever it is labelled', async () => {
    const bytes = gzipSync('hello');
    const { url } = await server((_, response) =>
      response.writeHead(200, { 'content-encoding': 'x-gzip' }).end(bytes),
    );
    expect(await text(url, { headers: { 'accept-encoding': 'identity' } })).toBe(bytes.toString('latin1'));
  });

  it('counts the bytes of the wire, not those after decompression', async () => {
    const bytes = gzipSync('a'.repeat(900));
    const { url } = await server((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes),
    );
    let received = 0;
    await text(url, {
      onReceived: (count) => {
        received += count;
      },
    });
    expect(received).toBe(bytes.length);
  });

  it('that announces too many bytes is refused unread', async () => {
    const { url } = await server((_, response) =>
      response.writeHead(200, { 'content-length': '1001' }).flushHeaders(),
    );
    await expect(text(url)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
  });

  it('without end is broken off at its bound', async () => {
    const { url } = await server((_, response) => {
      const write = (): void => {
        while (response.write('x'.repeat(10_000)) && !response.destroyed);
        response.once('drain', write);
      };
      write();
    });
    await expect(text(url)).rejects.toMatchObject({
      code: 'SHEAF_SIZE',
      message: /more than the 1000 bytes/,
    });
  });

  it('that is a gzip bomb is broken off at its bound', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const { url } = await server((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    );
    await expect(text(url, { maxBytes: 100_000 })).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
  });

  it('in a broken or unknown encoding is refused', async () => {
    for (const [encoding, body] of [
      ['gzip', 'not gzip'],
      ['br', 'not brotli at all'],
      ['gzip', gzipSync('hello').subarray(0, -9)],
      ['zstd', 'x'],
      ['gzip, gzip', gzipSync(gzipSync('x'))],
    ] as const) {
      const { url } = await server((_, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(body),
      );
      await expect(text(url)).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    }
  });

  it('that ends before its announced length is a broken connection', async () => {
    const raw = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'));
    world.keep(raw);
    await expect(text(raw.url)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /broke off the connection/,
    });
  });

  it('that is not HTTP is refused in a sentence', async () => {
    const raw = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    world.keep(raw);
    await expect(text(raw.url)).rejects.toMatchObject({ code: 'SHEAF_NETWORK', message: /not HTTP/ });
  });

  it('can be given up, whatever is left of it', async () => {
    const { url } = await server((_, response) => {
      response.writeHead(404);
      response.write('and then nothing');
    });
    const http = client();
    for (let i = 0; i < 3; i += 1) {
      const response = await http.get(url, { maxBytes: 10 });
      response.discard();
      expect(response.status).toBe(404);
    }
  });
});

describe('a server that stalls', () => {
  it('before its headers is given up', async () => {
    const { url } = await server(() => undefined);
    await expect(text(url, {}, quick)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /next to nothing/,
    });
  });

  it('in the middle of its body is given up', async () => {
    const { url } = await server((_, response) => response.write('x'));
    await expect(text(url, {}, quick)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      details: { reason: 'stalled' },
    });
  });

  it('by dripping single bytes is given up', async () => {
    const { url } = await server((_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    await expect(text(url, {}, quick)).rejects.toMatchObject({ details: { reason: 'stalled' } });
  });

  it('is told from a reader that is slow', async () => {
    const { url } = await server((_, response) => response.end('x'.repeat(500)));
    const response = await client(quick).get(url, { maxBytes: 1000 });
    let length = 0;
    for await (const chunk of response.body) {
      await new Promise((resolve) => {
        setTimeout(resolve, 250);
      });
      length += chunk.length;
    }
    expect(length).toBe(500);
  });

  it('as a proxy that takes the connection and says nothing is given up', async () => {
    const proxy = await serveRaw(() => undefined);
    world.keep(proxy);
    await expect(
      text('http://127.0.0.1:9/', {}, { ...quick, environment: { HTTP_PROXY: proxy.url } }),
    ).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
    });
  });
});

describe('a server that cannot be reached', () => {
  it('because nobody listens gets its own sentence', async () => {
    const port = await closedPort();
    await expect(text(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: `127.0.0.1:${port} refused the connection.`,
    });
  });

  it('because its name does not exist gets its own sentence', async () => {
    await expect(text('https://plugins.invalid/')).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: 'The name plugins.invalid could not be resolved.',
    });
  });

  it('because it does not speak TLS gets its own sentence', async () => {
    const { port } = await server((_, response) => response.end());
    await expect(text(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: `No TLS connection to 127.0.0.1:${port} could be agreed on.`,
    });
  });

  it('because nothing may be reached says so, and who would have been asked', async () => {
    await expect(text('https://example.org/latest', {}, { offline: true })).rejects.toMatchObject({
      code: 'SHEAF_OFFLINE',
      message: /^example\.org/,
    });
  });

  it('because the transfer was interrupted says so', async () => {
    const { url } = await server(() => undefined);
    const controller = new AbortController();
    const fetching = text(url, { signal: controller.signal });
    controller.abort();
    await expect(fetching).rejects.toMatchObject({ code: 'SHEAF_INTERRUPTED' });
  });
});

const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipping the certificate test: there is no openssl');
    return false;
  }
})();

describe('TLS', () => {
  it.skipIf(!hasOpenssl)(
    'refuses a certificate that nobody vouches for, directly and through a proxy',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'sheaf-tls-'));
      const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
      const self = [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ];
      execFileSync('openssl', [...self, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], {
        stdio: 'ignore',
      });
      const tls = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) =>
        response.end(),
      );
      await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
      const { port } = tls.address() as AddressInfo;
      const proxy = await serveProxy();
      world.keep(proxy);
      for (const environment of [{}, { HTTPS_PROXY: proxy.url }]) {
        await expect(text(`https://localhost:${port}/`, {}, { environment })).rejects.toMatchObject({
          code: 'SHEAF_NETWORK',
          message: `The TLS certificate of localhost:${port} is not valid (DEPTH_ZERO_SELF_SIGNED_CERT).`,
        });
      }
      expect(proxy.tunnels).toEqual([`localhost:${port}`]);
      await new Promise((resolve) => tls.close(resolve));
      await rm(directory, { recursive: true });
    },
  );
});
