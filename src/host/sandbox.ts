import type { Readable, Writable } from 'node:stream';
import type { Isolation } from '../core/runtime/isolation.ts';

export type { Isolation };

/** A process to start, described from within: where its files lie for it, and what it may use. */
export interface ProcessSpec {
  /** Program and arguments. Paths are those of `readOnly`'s `to`, or of the system. */
  readonly command: readonly [string, ...string[]];
  /** Files and directories of the host that the process may read, and where it finds them. Absolute paths. */
  readonly readOnly: readonly { readonly from: string; readonly to: string }[];
  /** The whole environment; nothing of the host's is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Bound on the memory of the process. The level `process` has no means to enforce it. */
  readonly memoryBytes?: number;
  /** Processor time after which the process is ended. The level `process` has no means to enforce it. */
  readonly cpuSeconds?: number;
  /** Processes and threads it may start. The level `process` has no means to enforce it. */
  readonly processes?: number;
  /** Files, pipes and sockets that it may have open; `LIMITS.pluginOpenFiles` when absent. */
  readonly openFiles?: number;
  /** Size of the writable directory it starts in; 0 gives it none. The level `process` cannot bound it. */
  readonly workdirBytes: number;
  /** Whether it may use the network. The level `process` cannot prevent it. */
  readonly network: boolean;
  /** A compiled seccomp filter (seccomp(2), an array of `sock_filter`). */
  readonly seccomp?: Uint8Array;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started. */
  readonly error?: Error;
}

/** A process inside a sandbox. */
export interface SandboxedProcess {
  /** Its id for the host; undefined when it could not be started. */
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Ends it, and whatever it started, at once and without asking. Does nothing when it has ended. */
  kill(): void;
  /** Settles when the process is gone and its output was read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** A way of starting processes that cannot do what they like. */
export interface Sandbox {
  readonly level: Isolation;
  spawn(spec: ProcessSpec): SandboxedProcess;
}
