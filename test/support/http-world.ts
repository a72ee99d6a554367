import type { IncomingMessage, ServerResponse } from 'node:http';
import { createHttp, type Http, type HttpOptions, type HttpRequest } from '../../src/io/http/http.ts';
import { collect } from '../../src/io/http/http-body.ts';
import { type Loopback, serve } from './loopback.ts';

/** Servers and clients of a test, closed together. */
export class HttpWorld {
  readonly #open: { close(): Promise<void> }[] = [];

  /** Closes with the others. */
  keep<T extends { close(): Promise<void> }>(one: T): T {
    this.#open.push(one);
    return one;
  }

  async server(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Loopback> {
    return this.keep(await serve(handler));
  }

  client(options: Partial<HttpOptions> = {}): Http {
    return this.keep(
      createHttp({ offline: false, environment: { HOME: '/nonexistent' }, version: '1.2.3', ...options }),
    );
  }

  /** What is at an address. */
  async text(
    url: string,
    request: Partial<HttpRequest> = {},
    options: Partial<HttpOptions> = {},
  ): Promise<string> {
    const response = await this.client(options).get(url, { maxBytes: 1000, ...request });
    return Buffer.from(await collect(response.body)).toString('latin1');
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((one) => one.close()));
  }
}
