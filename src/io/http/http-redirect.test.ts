import { afterEach, describe, expect, it } from 'vitest';
import { HttpWorld } from '../../../test/support/http-world.ts';
import { serveProxy } from '../../../test/support/loopback.ts';
import { collect } from './http-body.ts';
import { isLoopback, redirectTarget } from './http-url.ts';

const world = new HttpWorld();
const server: HttpWorld['server'] = (handler) => world.server(handler);
const client: HttpWorld['client'] = (options) => world.client(options);
const text: HttpWorld['text'] = (...given) => world.text(...given);

afterEach(() => world.close());

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
    world.keep(proxy);
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
    world.keep(proxy);
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
