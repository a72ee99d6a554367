/**
 * SDK for native plugins that run in Node: protocol 1 in one file. Copy it, it is yours.
 *
 *     import { Refusal, serve } from './native-node.mjs';
 *
 *     serve({ greet: ({ name }) => ({ text: `Hello ${name}` }) });
 *
 * A command takes the input and returns the answer, or a promise of it. A {@link Refusal} is an error for the
 * caller; anything else that a command throws is one of the plugin, which goes on. Standard output belongs to the
 * protocol: what is to be said goes through `log`, or to standard error.
 */
import { createInterface } from 'node:readline';

/** Error numbers of JSON-RPC 2.0, and of protocol 1 for what a command refuses and for a plugin that cannot start. */
const PARSE_ERROR = -32700;
const NO_METHOD = -32601;
const BAD_PARAMS = -32602;
const REFUSED = -32000;
const BROKEN = -32001;

/** An error that a command answers. `code` is stable and for programs, `message` one sentence for people. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * Speaks protocol 1 on standard input and output until the host says `shutdown` or is gone.
 *
 * @param commands functions `(input, {signal, deadlineMs, host, log}) => output` by name. `signal` fires when the
 * caller gives up; `host(capability, fn, params)` calls the host and throws a {@link Refusal}.
 * @param hooks `init(config)` runs before the first command, `dispose()` before the end.
 */
export async function serve(commands, { init, dispose } = {}) {
  const running = new Map();
  const asked = new Map();
  let nextId = 1;

  const host = (capability, fn, params = null) =>
    new Promise((resolve, reject) => {
      const id = `host-${nextId++}`;
      asked.set(id, { resolve, reject });
      send({ id, method: `host/${capability}.${fn}`, params });
    });

  /** An answer of the host to what a command asked it. */
  const settle = ({ id, result, error }) => {
    const waiting = asked.get(id);
    asked.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Refusal(error.data?.code ?? 'HOST_ERROR', error.message));
  };

  const initialize = async (config) => {
    try {
      await init?.(config);
      return { result: { protocol: 1, commands: Object.keys(commands) } };
    } catch (error) {
      return { error: { code: BROKEN, message: String(error?.message), data: { code: 'INIT' } } };
    }
  };

  const execute = async (id, params) => {
    const { command, input, deadline_ms: deadlineMs } = params ?? {};
    if (!Object.hasOwn(commands, command)) {
      return { error: { code: BAD_PARAMS, message: `There is no command ${command}.` } };
    }
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const context = { signal: controller.signal, deadlineMs, host, log };
      return { result: (await commands[command](input, context)) ?? null };
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'ERROR';
      return { error: { code: REFUSED, message: String(error?.message), data: { code } } };
    } finally {
      running.delete(id);
    }
  };

  const answer = async ({ id, method, params }) => {
    if (method === 'initialize') return initialize(params?.config);
    if (method === 'execute') return execute(id, params);
    return { error: { code: NO_METHOD, message: `There is no method ${method}.` } };
  };

  for await (const line of createInterface({ input: process.stdin })) {
    const message = parse(line);
    if (message === undefined) send({ id: null, error: { code: PARSE_ERROR, message: 'Not JSON.' } });
    else if (message.method === undefined) settle(message);
    else if (message.method === 'cancel') running.get(message.params?.id)?.abort();
    else if (message.method === 'shutdown') {
      for (const controller of running.values()) controller.abort();
      await dispose?.();
      send({ id: message.id, result: null });
      break;
    } else if (message.id !== undefined) {
      // Not awaited: the next line may be a second command, or the end of this one.
      void answer(message).then((result) => send({ id: message.id, ...result }));
    }
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function log(level, message) {
  send({ method: 'log', params: { level, message } });
}

function parse(line) {
  try {
    const message = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
