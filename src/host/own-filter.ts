import { type SeccompLevel, seccompFilter } from '../core/runtime/seccomp-filter.ts';

/**
 * The filter for system calls of a level on this machine's processor; undefined where there is none for it.
 *
 * @param further calls that it forbids besides.
 */
export function ownFilter(level: SeccompLevel, further: readonly string[] = []): Uint8Array | undefined {
  const { arch } = process;
  return arch === 'x64' || arch === 'arm64' ? seccompFilter(arch, level, further) : undefined;
}
