import { LIMITS } from '../limits.ts';
import { nameAt } from './name-at.ts';

const MAGIC_32 = 0xfeedface;
const MAGIC_64 = 0xfeedfacf;

// <mach-o/loader.h>: LC_LOAD_DYLIB, LC_LAZY_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB, LC_LOAD_UPWARD_DYLIB.
const LOADING: ReadonlySet<number> = new Set([0xc, 0x20, 0x80000018, 0x8000001f, 0x80000023]);

/** Whether the numbers of a Mach-O program begin with the lower byte; undefined when there is none at that place. */
export function machByteOrder(view: DataView, start: number): 'little' | 'big' | undefined {
  for (const order of ['little', 'big'] as const) {
    const magic = view.getUint32(start, order === 'little');
    if (magic === MAGIC_32 || magic === MAGIC_64) return order;
  }
  return undefined;
}

/**
 * The libraries that macOS loads with a program, as its load commands name them (<mach-o/loader.h>, dylib_command).
 *
 * @param start where its header stands, in a universal one behind the list of programs.
 * @throws RangeError for a command that the file ends before.
 */
export function machImports(view: DataView, start: number): readonly string[] {
  const order = machByteOrder(view, start);
  if (order === undefined) return [];
  const isLittle = order === 'little';
  const word = (at: number): number => view.getUint32(at, isLittle);
  const commands = Math.min(word(start + 16), LIMITS.nativeHeaders);
  const names: string[] = [];
  let at = start + (word(start) === MAGIC_64 ? 32 : 28);
  for (let index = 0; index < commands && names.length < LIMITS.nativeImports; index++) {
    if (LOADING.has(word(at))) names.push(nameAt(view, at + word(at + 8)));
    at += word(at + 4);
  }
  return names;
}
