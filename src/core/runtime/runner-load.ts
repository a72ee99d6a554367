import { LIMITS } from '../limits.ts';

/**
 * What a runner of sheaf's own becomes. `wasm`: a module of ABI 1, checked and limited by the host.
 * `javascript`: a JavaScript module whose exported functions are the commands. `script`: no code of its own,
 * but the command `execute`, which runs the JavaScript that each call brings.
 */
export const GUEST_KINDS = ['wasm', 'javascript', 'script'] as const;
export type GuestKind = (typeof GUEST_KINDS)[number];

/** The line that a blank runner waits for; `bytes` of code follow it, and protocol 1 follows them. */
export interface RunnerLoad {
  readonly load: GuestKind;
  readonly bytes: number;
  /** The memory cap in bytes; an interpreter must know it before it has a plugin to be initialized. */
  readonly memory: number;
}

/** Writes the line, with its line feed. */
export function writeRunnerLoad(load: RunnerLoad): string {
  return `${JSON.stringify(load)}\n`;
}

/** Reads the line; undefined when it is anything else. */
export function readRunnerLoad(line: string): RunnerLoad | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { load, bytes, memory } = value as Record<string, unknown>;
  const kind = GUEST_KINDS.find((known) => known === load);
  if (kind === undefined || !isCount(bytes) || !isCount(memory) || bytes > LIMITS.moduleBytes)
    return undefined;
  return { load: kind, bytes, memory };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
