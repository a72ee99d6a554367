import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { closedPort, type Loopback, serve, serveProxy, serveRaw } from '../../../test/support/loopback.ts';
import { createHttp, type HttpOptions, type HttpRequest } from './http.ts';
import { collect } from './http-body.ts';
import { isLoopback, redirectTarget } from './http-url.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function server(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Loopback> {
  const started = await serve(handler);
  open.push(started);
  return started;
}

function client(options: Partial<HttpOptions> = {}) {
  const http = createHttp({
    offline: false,
    environment: { HOME: '/nonexistent' },
    version: '1.2.3',
    ...options,
  });
  open.push(http);
  return http;
}

async function text(
  url: string,
  request: Partial<HttpRequest> = {},
  options: Partial<HttpOptions> = {},
): Promise<string> {
  const response = await client(options).get(url, { maxBytes: 1000, ...request });
  return Buffer.from(await collect(response.body)).toString('latin1');
}

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
    open.push(raw);
    await expect(text(raw.url)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /broke off the connection/,
    });
  });

  it('that is not HTTP is refused in a sentence', async () => {
    const raw = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    open.push(raw);
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
    open.push(proxy);
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
      open.push(proxy);
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

describe('an address', () => {
  it('with plain HTTP is only this machine, unless a person asked for more', async () => {
    await expect(text('http://example.org/')).rejects.toMatchObject({ message: /plain HTTP/ });
    await expect(text('http://plugins.invalid/', {}, { allowPlainHttp: true })).rejects.toMatchObject({
      message: /resolved/,
    });
    const hosts = ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'];
    const others = ['127.0.0.1.evil.org', 'localhost.evil.org', '10.0.0.1'];
    expect([...hosts, ...others].filter(isLoopback)).toEqual(hosts);
  });

  it('of another kind, or with credentials in it, is refused', async () => {
    for (const url of [
      'file:///etc/passwd',
      'ftp://example.org/',
      'nonsense',
      'https://user:secret@example.org/',
    ]) {
      const error = await text(url).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 'SHEAF_USAGE' });
      expect(String(error)).not.toContain('secret');
    }
  });
});

describe('a redirect', () => {
  it('is followed, relative ones too', async () => {
    const { url } = await server((request, response) => {
      if (request.url === '/a/b') response.writeHead(302, { location: '../c' }).end();
      else response.end(request.url);
    });
    const response = await client().get(`${url}a/b`, { maxBytes: 100 });
    expect(response.url).toBe(`${url}c`);
    expect(Buffer.from(await collect(response.body)).toString()).toBe('/c');
  });

  it('is followed five times and no more', async () => {
    const { url, requests } = await server((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(307, { location: `/${left - 1}` }).end();
    });
    expect(await text(`${url}5`)).toBe('there');
    await expect(text(`${url}6`)).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /more than 5 times/,
    });
    expect(requests).toHaveLength(12);
  });

  it('with an endless body costs nothing', async () => {
    const { url } = await server((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/there' }).write('x'.repeat(100_000));
      else response.end('there');
    });
    expect(await text(url)).toBe('there');
  });

  it('never leads from https to plain HTTP, nor to credentials, nor to another kind of address', () => {
    const from = new URL('https://example.org/a');
    const to = (location: string) => () => redirectTarget(from, location, true);
    expect(to('http://127.0.0.1/')).toThrow(/from https to plain HTTP/);
    expect(to('http://example.org/a')).toThrow(/from https to plain HTTP/);
    expect(to('https://a:b@example.org/')).toThrow(/credentials/);
    expect(to('file:///etc/passwd')).toThrow(/not on the web/);
    expect(to('http://[')).toThrow(/not an address/);
    expect(() => redirectTarget(new URL('http://127.0.0.1/'), 'http://example.org/', false)).toThrow(
      /plain HTTP/,
    );
    expect(to('https://cdn.example.org/b')().href).toBe('https://cdn.example.org/b');
  });

  it('takes no credentials to another host', async () => {
    const other = await server((_, response) => response.end('other'));
    const first = await server((_, response) => response.writeHead(302, { location: other.url }).end());
    const environment = { [`SHEAF_TOKEN_127_0_0_1_${first.port}`]: 'secret' };
    expect(await text(first.url, { headers: { Cookie: 'id=1', 'X-Plain': 'yes' } }, { environment })).toBe(
      'other',
    );
    expect(first.requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret', cookie: 'id=1' });
    expect(other.requests[0]?.headers).toMatchObject({ 'x-plain': 'yes' });
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
    expect(other.requests[0]?.headers.cookie).toBeUndefined();
  });
});

describe('authentication', () => {
  it('that is asked for names the variable that would hold the token', async () => {
    for (const status of [401, 403]) {
      const { url, port } = await server((_, response) => response.writeHead(status).end());
      await expect(text(url)).rejects.toMatchObject({
        code: 'SHEAF_AUTHENTICATION',
        message: `127.0.0.1:${port} asks for credentials (${status}).`,
        hint: expect.stringContaining('SHEAF_TOKEN_127_0_0_1'),
      });
    }
  });

  it('that is rejected says so without repeating the token', async () => {
    const { url } = await server((_, response) => response.writeHead(401).end());
    const environment = { SHEAF_TOKEN_127_0_0_1: 'secret' };
    const error = await text(url, {}, { environment }).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: /rejected the credentials/ });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret');
  });
});

describe('a proxy', () => {
  it('of the environment is used, with its login, in either case and with or without a scheme', async () => {
    const { url } = await server((_, response) => response.end('through'));
    const proxy = await serveProxy({ login: 'me:secret' });
    open.push(proxy);
    const address = `me:secret@127.0.0.1:${proxy.port}`;
    expect(await text(url, {}, { environment: { HTTP_PROXY: `http://${address}` } })).toBe('through');
    expect(await text(url, {}, { environment: { http_proxy: address } })).toBe('through');
    expect(proxy.tunnels).toHaveLength(2);
  });

  it('is passed by for the hosts in NO_PROXY', async () => {
    const { url } = await server((_, response) => response.end('direct'));
    const environment = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'example.org,127.0.0.1' };
    expect(await text(url, {}, { environment })).toBe('direct');
  });

  it('that refuses the tunnel gets its own sentence', async () => {
    const { url, port } = await server((_, response) => response.end());
    const proxy = await serveProxy({ login: 'me:secret' });
    open.push(proxy);
    await expect(text(url, {}, { environment: { HTTP_PROXY: proxy.url } })).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: `The proxy refused a connection to 127.0.0.1:${port} (407).`,
    });
  });

  it('whose address is none is refused as what it is', async () => {
    const environment = { HTTPS_PROXY: 'http://[nonsense' };
    await expect(text('https://example.org/', {}, { environment })).rejects.toMatchObject({
      code: 'SHEAF_USAGE',
      message: /HTTPS_PROXY/,
    });
  });
});
