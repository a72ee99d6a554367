import type { Expectation, HostReply, PluginCase } from '../formats/plugin-case.ts';
import { quote } from '../text.ts';
import { sameJson } from './same-json.ts';

/** What a command gave: a value, or an error with a code. */
export type Given =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly message: string };

/** Why an answer is not the expected one, as a sentence; undefined when it is. */
export function answerFault(expectation: Expectation, given: Given): string | undefined {
  if (expectation.kind === 'any') return undefined;
  if (expectation.kind === 'error') {
    if (given.kind === 'error' && given.code === expectation.code) return undefined;
    return `The error ${quote(expectation.code)} was expected, but it ${describe(given)}.`;
  }
  if (given.kind === 'value' && sameJson(given.value, expectation.value)) return undefined;
  return `${shown(expectation.value)} was expected, but it ${describe(given)}.`;
}

function describe(given: Given): string {
  if (given.kind === 'value') return `answered ${shown(given.value)}`;
  return `failed with ${quote(given.code)}: ${quote(given.message)}`;
}

function shown(value: unknown): string {
  return quote(JSON.stringify(value) ?? 'nothing');
}

/** A host that answers as a case says, each function in turn, and an error once its replies are used up. */
export class CaseHost {
  #left: ReadonlyMap<string, HostReply[]> = new Map();

  /** From now on the host is that of this case. */
  serve({ host }: Pick<PluginCase, 'host'>): void {
    this.#left = new Map(Object.entries(host).map(([name, replies]) => [name, [...replies]]));
  }

  readonly answer = (name: string): HostReply => {
    const reply = this.#left.get(name)?.shift();
    if (reply !== undefined) return reply;
    return { error: { code: 'UNEXPECTED', message: `The case has no reply to ${name}.` } };
  };
}
