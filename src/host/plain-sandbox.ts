import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childStdio } from './child-stdio.ts';
import type { ProcessSpec, Sandbox, SandboxedProcess } from './sandbox.ts';
import { supervise } from './supervise.ts';

/** Where a process without a directory of its own starts: somewhere it cannot write, where there is such a place. */
const ROOT_DIRECTORY = '/';

/**
 * Starts processes of their own with an empty environment, in a process group that is killed as a whole. What
 * runs inside has the rights of the host's user all the same: enough for the runner, which only runs wasm.
 */
export function createPlainSandbox(): Sandbox {
  return { level: 'process', spawn: start };
}

function start(spec: ProcessSpec): SandboxedProcess {
  const workdir = spec.workdirBytes > 0 ? mkdtempSync(join(tmpdir(), 'sheaf-')) : undefined;
  const [file, ...args] = spec.command.map((argument) => hostPath(argument, spec));
  const child = spawn(file ?? '', args, {
    cwd: workdir ?? ROOT_DIRECTORY,
    env: { ...systemEnvironment(), ...spec.environment },
    stdio: childStdio(['pipe', 'pipe', 'pipe']),
    // A group of its own, so that a kill reaches whatever it started.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  return supervise(child, () => {
    if (workdir !== undefined) rmSync(workdir, { recursive: true, force: true });
  });
}

/** Windows starts no process without it. */
function systemEnvironment(): Readonly<Record<string, string>> {
  const { SystemRoot } = process.env;
  return process.platform === 'win32' && SystemRoot !== undefined ? { SystemRoot } : {};
}

/** There are no mounts here: a path inside is replaced by the one that it stands for. */
function hostPath(argument: string, spec: ProcessSpec): string {
  const mount = spec.readOnly.find(({ to }) => argument === to || argument.startsWith(`${to}/`));
  return mount === undefined ? argument : mount.from + argument.slice(mount.to.length);
}
