import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A running server that only this machine can reach. */
export interface LoopbackServer {
  /** `http://127.0.0.1:<port>/` */
  readonly url: string;
  /** Requests received so far. */
  readonly requests: number;
  /** Bytes sent so far, heads of responses included. */
  readonly bytesSent: number;
  /** Stops it and breaks off the connections it still has. */
  close(): Promise<void>;
}

/** Starts an HTTP server on a free loopback port. */
export async function listenOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  const open = new Set<Socket>();
  let requests = 0;
  let sentOnClosed = 0;
  server.on('request', () => {
    requests += 1;
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      sentOnClosed += socket.bytesWritten;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    get requests() {
      return requests;
    },
    get bytesSent() {
      return [...open].reduce((sum, socket) => sum + socket.bytesWritten, sentOnClosed);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
