import { type ErrorCode, SheafError } from '../core/errors.ts';
import { FAILURES, RPC_ERROR, type RpcError } from '../core/runtime/protocol.ts';
import { quote } from '../core/text.ts';
import type { ProcessEnd } from './sandbox.ts';

/** The refusal that an error of a plugin becomes. Everything but `SHEAF_PLUGIN` is the end of the plugin. */
export function pluginError(plugin: string, error: RpcError): SheafError {
  const own = error.data?.code;
  const failure = FAILURES.find((known) => known === own);
  if (error.code === RPC_ERROR.failed && failure !== undefined) {
    return new SheafError(
      `SHEAF_${failure}` satisfies ErrorCode,
      `${plugin} failed: ${quote(withoutStop(error.message))}.`,
    );
  }
  return new SheafError(
    'SHEAF_PLUGIN',
    `${plugin} answers with an error: ${quote(withoutStop(error.message))}.`,
    {
      details: { code: own ?? 'ERROR', message: error.message },
    },
  );
}

/** A process that ended although nobody asked it to. */
export function crashed(plugin: string, end: ProcessEnd, errorOutput: string): SheafError {
  if (end.error !== undefined) {
    return new SheafError('SHEAF_CRASHED', `${plugin} could not be started.`, { cause: end.error });
  }
  const how = end.signal === null ? `with status ${end.exitCode}` : `by ${end.signal}`;
  const [last = ''] = errorOutput.trimEnd().split('\n').slice(-1);
  return new SheafError('SHEAF_CRASHED', `${plugin} ended ${how}.`, {
    details: { exitCode: end.exitCode, signal: end.signal, ...(last === '' ? {} : { said: quote(last) }) },
  });
}

export function timedOut(plugin: string, method: string, limitMs: number): SheafError {
  const what = method === 'execute' ? 'a call' : `"${method}"`;
  return new SheafError(
    'SHEAF_TIMEOUT',
    `${plugin} took longer than ${limitMs} ms for ${what}, and was ended.`,
  );
}

/** @param clause continues "breaks the plugin protocol: it". */
export function violation(plugin: string, clause: string): SheafError {
  return new SheafError('SHEAF_PROTOCOL', `${plugin} broke the plugin protocol: it ${clause}.`, {
    hint: 'Do not run it, and tell its author.',
  });
}

/** The plugin's sentence stands inside one of ours. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
