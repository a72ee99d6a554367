import type { FileMove } from './krew-manifest.ts';
import { below, cleanPath, isPattern, joinPath, matchesPattern } from './path-pattern.ts';

/** What could not be taken over as it is written. */
export interface MoveRemark {
  /** Position in `files` of the platform. */
  readonly move: number;
  readonly rule:
    | 'assumed-directory'
    | 'unknown-directory'
    | 'whole-directory'
    | 'kept-in-place'
    | 'unsupported-move';
  readonly message: string;
}

/**
 * A move whose source is known by name: `from` becomes `to`, or, with a pattern, what lies in `from` and matches
 * goes into `to`. Paths are clean, "" is the top of the archive and of the plugin.
 */
export interface ResolvedMove {
  readonly move: number;
  readonly from: string;
  readonly pattern?: string;
  readonly to: string;
}

/**
 * Resolves a move as far as that is possible without the archive. As in krew, a source without a pattern is
 * renamed to `to`, and everything that a pattern matches goes into the directory `to` under its own name.
 *
 * @param top the directory at the top of the archive, when it can be told.
 * @returns undefined, after a remark, when the archive alone could tell what is meant.
 */
export function resolveMove(
  written: FileMove,
  move: number,
  top: string | undefined,
  remark: (rule: MoveRemark['rule'], message: string) => void,
): ResolvedMove | undefined {
  const from = cleanPath(written.from);
  const to = cleanPath(written.to);
  if (from === undefined || to === undefined || from === '') {
    remark(
      'unsupported-move',
      'A path leads out of its directory or names the archive itself; the move is left out.',
    );
    return undefined;
  }
  const [first = '', ...rest] = from.split('/');
  const isAssumed = isPattern(first) && rest.length > 0 && top !== undefined && matchesPattern(top, first);
  if (isAssumed) {
    remark(
      'assumed-directory',
      `The top directory of the archive was taken to be ${top}, as GitHub names it.`,
    );
  }
  const components = [isAssumed ? top : first, ...rest];
  const name = components.at(-1) ?? '';
  const parent = components.slice(0, -1);
  if (parent.some(isPattern)) {
    remark('unknown-directory', `Only the archive could tell what ${from} matches; it is left out.`);
    return undefined;
  }
  const directory = parent.join('/');
  if (isPattern(name)) return { move, from: directory, pattern: name, to };
  const target = isAssumed ? joinPath(to, name) : to === '' ? name : to;
  return { move, from: components.join('/'), to: target };
}

/** Where the program `bin` of a plugin lies in the archive; undefined when no move brings it to its place. */
export function sourceOf(moves: readonly ResolvedMove[], bin: string): string | undefined {
  for (const { from, pattern, to } of moves) {
    if (pattern === undefined && bin === to) return from;
    const rest = below(to, bin);
    if (rest === undefined) continue;
    if (pattern === undefined || matchesPattern(rest.split('/', 1)[0] ?? '', pattern))
      return joinPath(from, rest);
  }
  return undefined;
}
