import { LIMITS } from '../limits.ts';
import { nestsDeeper } from './json-depth.ts';

/** The version of the protocol between a host and a plugin in a process of its own. */
export const PROTOCOL_VERSION = 1;

/** Error codes of JSON-RPC 2.0 §5.1, and two of protocol 1 in the range that is left to applications. */
export const RPC_ERROR = {
  parse: -32_700,
  invalidRequest: -32_600,
  unknownMethod: -32_601,
  invalidParams: -32_602,
  /** The plugin, or the host that it called, answers no; `data.code` is a code of its own. */
  refused: -32_000,
  /** What the plugin runs has failed and cannot go on; `data.code` is one of {@link FAILURES}. */
  failed: -32_001,
} as const;

/** How a module can fail inside its runner. Each is a code of sheaf with `SHEAF_` in front. */
export const FAILURES = ['ABI', 'INIT', 'MEMORY', 'CRASHED'] as const;
export type Failure = (typeof FAILURES)[number];

/** A request's number. Plugins may number theirs with texts, too (JSON-RPC 2.0 §4). */
export type RequestId = number | string;

/** What a plugin gets before its first command. */
export interface InitializeParams {
  readonly protocol: typeof PROTOCOL_VERSION;
  /** The plugin's name. */
  readonly plugin: string;
  /** Its configuration, already checked against its schema. */
  readonly config: unknown;
  /** Ids of the granted capabilities. */
  readonly capabilities: readonly string[];
  readonly limits: { readonly memory_bytes: number };
}

/** What a plugin answers to `initialize`. */
export interface InitializeResult {
  readonly protocol: typeof PROTOCOL_VERSION;
  readonly commands: readonly string[];
}

/** One call; the plugin is ended by force soon after `deadline_ms`. */
export interface ExecuteParams {
  readonly command: string;
  readonly input: unknown;
  readonly deadline_ms: number;
}

/** What a plugin may say about its own cost beside the answer to `execute`. */
export interface Metrics {
  /** Microseconds inside the plugin, without the time it waited for the host. */
  readonly us: number;
  /** Greatest memory so far, in bytes. */
  readonly memory_bytes: number;
}

/** An error as it travels; `data.code` names it for programs. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly code: string };
}

/** host → plugin. */
export type HostMessage =
  | { readonly kind: 'initialize'; readonly id: RequestId; readonly params: InitializeParams }
  | { readonly kind: 'execute'; readonly id: RequestId; readonly params: ExecuteParams }
  | { readonly kind: 'shutdown'; readonly id: RequestId }
  | { readonly kind: 'cancel'; readonly request: RequestId }
  | Answer
  | Unreadable;

/** plugin → host. */
export type PluginMessage =
  | {
      readonly kind: 'call';
      readonly id: RequestId;
      readonly capability: string;
      readonly fn: string;
      readonly params: unknown;
    }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly message: string }
  | Answer
  | Unreadable;

/** An answer to an earlier request of the reader. */
export type Answer =
  | { readonly kind: 'result'; readonly id: RequestId; readonly result: unknown; readonly metrics?: Metrics }
  | { readonly kind: 'error'; readonly id: RequestId; readonly error: RpcError };

/** A message that is none of the protocol: the error to answer with, and the id when there was one. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly id: RequestId | null;
  readonly error: RpcError;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const CALL_METHOD = /^host\/([a-z][a-z0-9]*(?:[-.][a-z0-9]+)*)\.([A-Za-z_][A-Za-z0-9_-]*)$/;
const NAME_LENGTH = 64;
const ERROR_TEXT = 4_096;

type Fields = Readonly<Record<string, unknown>>;

/** Reads a line of a host. Never throws: what is no message of protocol 1 becomes {@link Unreadable}. */
export function readHostMessage(line: string): HostMessage {
  const message = readEnvelope(line);
  if ('kind' in message) return message;
  const { id, method, params } = message;
  if (method === 'cancel' && id === undefined) {
    const request = isFields(params) ? params.id : undefined;
    return isId(request) ? { kind: 'cancel', request } : wrongParams(null, 'cancel');
  }
  if (id === undefined) return unknownMethod(null, method);
  switch (method) {
    case 'initialize':
      return isInitialize(params) ? { kind: 'initialize', id, params } : wrongParams(id, method);
    case 'execute':
      return isExecute(params) ? { kind: 'execute', id, params } : wrongParams(id, method);
    case 'shutdown':
      return { kind: 'shutdown', id };
    default:
      return unknownMethod(id, method);
  }
}

/** Reads a line of a plugin. Never throws: what is no message of protocol 1 becomes {@link Unreadable}. */
export function readPluginMessage(line: string): PluginMessage {
  const message = readEnvelope(line);
  if ('kind' in message) return message;
  const { id, method, params } = message;
  if (method === 'log' && id === undefined) {
    if (!isFields(params) || typeof params.message !== 'string') return wrongParams(null, 'log');
    const level = LOG_LEVELS.find((known) => known === params.level);
    if (level === undefined) return wrongParams(null, 'log');
    return { kind: 'log', level, message: params.message.slice(0, LIMITS.pluginLogLength) };
  }
  const [, capability, fn] = CALL_METHOD.exec(method) ?? [];
  if (capability === undefined || fn === undefined || id === undefined) {
    return unknownMethod(id ?? null, method);
  }
  if (capability.length > NAME_LENGTH || fn.length > NAME_LENGTH) return unknownMethod(id, method);
  return { kind: 'call', id, capability, fn, params };
}

/** Reads the answer to `initialize`; undefined when it is not one. */
export function readInitializeResult(result: unknown): InitializeResult | undefined {
  if (!isFields(result) || result.protocol !== PROTOCOL_VERSION) return undefined;
  const { commands } = result;
  return isNames(commands) ? { protocol: PROTOCOL_VERSION, commands } : undefined;
}

/** A message as one line with its line feed. */
export function writeMessage(
  message:
    | { readonly id?: RequestId; readonly method: string; readonly params?: unknown }
    | { readonly id: RequestId; readonly result: unknown; readonly metrics?: Metrics }
    | { readonly id: RequestId | null; readonly error: RpcError },
): string {
  return `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
}

/** The method by which a plugin calls a function of a capability. */
export function callMethod(capability: string, fn: string): string {
  return `host/${capability}.${fn}`;
}

/** A request or notification whose outside is right; answers and faults are finished already. */
type Envelope = { readonly id: RequestId | undefined; readonly method: string; readonly params: unknown };

function readEnvelope(line: string): Envelope | Answer | Unreadable {
  if (nestsDeeper(line, LIMITS.protocolDepth)) {
    return fault(
      null,
      RPC_ERROR.invalidRequest,
      `The line nests deeper than ${LIMITS.protocolDepth} levels.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fault(null, RPC_ERROR.parse, 'The line is not JSON.');
  }
  if (!isFields(value) || value.jsonrpc !== '2.0') {
    return fault(null, RPC_ERROR.invalidRequest, 'The line is no JSON-RPC 2.0 message.');
  }
  const { id } = value;
  if (typeof value.method === 'string') {
    if (id !== undefined && !isId(id)) {
      return fault(null, RPC_ERROR.invalidRequest, 'The id is neither a number nor a text.');
    }
    return { id, method: value.method, params: value.params };
  }
  if (isId(id) && 'result' in value && !('error' in value)) {
    const metrics = readMetrics(value.metrics);
    return { kind: 'result', id, result: value.result, ...(metrics === undefined ? {} : { metrics }) };
  }
  const error = readError(value.error);
  if (isId(id) && error !== undefined && !('result' in value)) return { kind: 'error', id, error };
  return fault(null, RPC_ERROR.invalidRequest, 'The message is neither a request nor an answer.');
}

function readError(value: unknown): RpcError | undefined {
  if (!isFields(value) || !Number.isInteger(value.code) || typeof value.message !== 'string')
    return undefined;
  const own = isFields(value.data) ? value.data.code : undefined;
  return {
    code: Number(value.code),
    message: value.message.slice(0, ERROR_TEXT),
    ...(typeof own === 'string' && own.length <= NAME_LENGTH ? { data: { code: own } } : {}),
  };
}

/** Figures that are no amounts are dropped: they are the plugin's own word and cost nothing to leave out. */
function readMetrics(value: unknown): Metrics | undefined {
  if (!isFields(value)) return undefined;
  const { us, memory_bytes } = value;
  return isAmount(us) && isAmount(memory_bytes) ? { us, memory_bytes } : undefined;
}

function isInitialize(params: unknown): params is InitializeParams {
  return (
    isFields(params) &&
    params.protocol === PROTOCOL_VERSION &&
    typeof params.plugin === 'string' &&
    isNames(params.capabilities) &&
    isFields(params.limits) &&
    isAmount(params.limits.memory_bytes)
  );
}

function isExecute(params: unknown): params is ExecuteParams {
  return isFields(params) && typeof params.command === 'string' && isAmount(params.deadline_ms);
}

function isNames(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= LIMITS.protocolNames &&
    value.every((name) => typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH)
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is RequestId {
  return typeof value === 'string' ? value.length <= NAME_LENGTH : Number.isSafeInteger(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function unknownMethod(id: RequestId | null, method: string): Unreadable {
  return fault(
    id,
    RPC_ERROR.unknownMethod,
    `There is no method ${JSON.stringify(method.slice(0, NAME_LENGTH))}.`,
  );
}

function wrongParams(id: RequestId | null, method: string): Unreadable {
  return fault(id, RPC_ERROR.invalidParams, `The parameters of ${method} are not as protocol 1 has them.`);
}

function fault(id: RequestId | null, code: number, message: string): Unreadable {
  return { kind: 'unreadable', id, error: { code, message } };
}
