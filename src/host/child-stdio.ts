import { openSync, readdirSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/** O_CLOEXEC of open(2), the same on all architectures that Node runs on. */
const CLOSE_ON_EXEC = 0o2_000_000;

/** What a child of this process gets in the place of a descriptor. */
type ChildDescriptor = 'pipe' | 'ignore' | number;

/**
 * The descriptors of a child that shall have these and no others, beginning with standard input.
 *
 * Node closes its own at exec, but hands on what it was started with itself, from the seventeenth on: pipes of a job
 * server, of a service manager, of a shell. To a process in a sandbox they are a way out, so they become the null
 * device.
 */
export function childStdio(own: readonly ChildDescriptor[]): ChildDescriptor[] {
  inherited ??= inheritedDescriptors();
  const stdio = [...own];
  for (const descriptor of inherited.numbers) {
    if (descriptor < own.length && own[descriptor] !== 'ignore') continue;
    while (stdio.length < descriptor) stdio.push('ignore');
    stdio[descriptor] = inherited.nothing;
  }
  return stdio;
}

interface Inherited {
  readonly numbers: readonly number[];
  /** The null device. */
  readonly nothing: number;
}

/** Asked once: what is closed later costs nothing, and Node opens nothing that it would hand on. */
let inherited: Inherited | undefined;

function inheritedDescriptors(): Inherited {
  const numbers = descriptors().filter((descriptor) => descriptor > 2 && isHandedOn(descriptor));
  return { numbers, nothing: numbers.length === 0 ? -1 : openSync(devNull, 'r+') };
}

/** None where the system does not tell. */
function descriptors(): readonly number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return [];
  }
}

/** proc(5): `flags:` in octal, with O_CLOEXEC. */
function isHandedOn(descriptor: number): boolean {
  try {
    const [, flags = ''] =
      /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // It was closed in the meantime: the one by which the directory was read.
    return false;
  }
}
