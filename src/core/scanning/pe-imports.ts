import { LIMITS } from '../limits.ts';
import { nameAt } from './name-at.ts';

// PE Format, "Optional Header": where its list of tables begins, by its magic number.
const DIRECTORIES: Readonly<Record<number, number>> = { 0x10b: 96, 0x20b: 112 };
const DIRECTORY_BYTES = 8;

/** Tables that name libraries: place in the list, bytes of an entry, place of the name's address in it. */
const TABLES = [
  { directory: 1, entry: 20, name: 12 },
  // Those that are loaded at the first call of them.
  { directory: 13, entry: 32, name: 4 },
] as const;

interface Section {
  readonly address: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * The libraries that Windows loads with a program (PE Format, ".idata Section", "Delay-Load Import Tables").
 *
 * @param start where `PE\0\0` stands.
 * @throws RangeError for a table that the file ends before.
 */
export function peImports(view: DataView, start: number): readonly string[] {
  const optional = start + 24;
  const optionalBytes = view.getUint16(start + 20, true);
  if (optionalBytes === 0) return [];
  const directories = DIRECTORIES[view.getUint16(optional, true)];
  if (directories === undefined) return [];
  const count = view.getUint32(optional + directories - 4, true);
  const sections = sectionsOf(view, optional + optionalBytes, view.getUint16(start + 6, true));
  return TABLES.flatMap(({ directory, entry, name }) => {
    if (directory >= count) return [];
    const address = view.getUint32(optional + directories + directory * DIRECTORY_BYTES, true);
    const table = address === 0 ? undefined : offsetOf(address, sections);
    return table === undefined ? [] : namesIn(view, table, entry, name, sections);
  });
}

function sectionsOf(view: DataView, start: number, count: number): readonly Section[] {
  return Array.from({ length: Math.min(count, LIMITS.nativeHeaders) }, (_, index) => {
    const at = start + index * 40;
    return {
      address: view.getUint32(at + 12, true),
      size: view.getUint32(at + 16, true),
      offset: view.getUint32(at + 20, true),
    };
  });
}

function namesIn(
  view: DataView,
  table: number,
  entry: number,
  name: number,
  sections: readonly Section[],
): readonly string[] {
  const names: string[] = [];
  for (let at = table; names.length < LIMITS.nativeImports; at += entry) {
    const address = view.getUint32(at + name, true);
    if (address === 0) break;
    const offset = offsetOf(address, sections);
    if (offset === undefined) break;
    names.push(nameAt(view, offset));
  }
  return names;
}

/** Where in the file lies what is loaded at an address. */
function offsetOf(address: number, sections: readonly Section[]): number | undefined {
  const home = sections.find((one) => address >= one.address && address < one.address + one.size);
  return home === undefined ? undefined : address - home.address + home.offset;
}
