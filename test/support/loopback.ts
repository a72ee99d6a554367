import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';

/** A real server on this machine that notes what it was asked. */
export interface Loopback {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly IncomingMessage[];
  close(): Promise<void>;
}

export async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  host = '127.0.0.1',
): Promise<Loopback> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    handler(request, response);
  };
  return listen(createServer(listener), requests, host);
}

/** A server that speaks raw bytes: `answer` is what each connection gets. */
export async function serveRaw(answer: (socket: Socket) => void): Promise<Loopback> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  const loopback = await listen(server as unknown as Server, []);
  return {
    ...loopback,
    async close() {
      for (const socket of sockets) socket.destroy();
      await loopback.close();
    },
  };
}

/** A forward proxy that only tunnels (RFC 9110 §9.3.6) and notes the hosts it was asked for. */
export async function serveProxy(
  options: { login?: string } = {},
): Promise<Loopback & { readonly tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '');
    const expected =
      options.login === undefined ? undefined : `Basic ${Buffer.from(options.login).toString('base64')}`;
    if (expected !== undefined && request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  return { ...(await listen(server, [])), tunnels };
}

async function listen(server: Server, requests: IncomingMessage[], host = '127.0.0.1'): Promise<Loopback> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}/`,
    port,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections?.();
      }),
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await serve(() => undefined);
  await server.close();
  return server.port;
}
