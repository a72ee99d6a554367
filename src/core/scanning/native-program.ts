import { LIMITS } from '../limits.ts';
import { machByteOrder, machImports } from './mach-imports.ts';
import { nameAt } from './name-at.ts';
import { peImports } from './pe-imports.ts';

/** A program for a processor, as far as its headers tell. */
export interface NativeProgram {
  readonly format: 'ELF' | 'PE' | 'Mach-O' | 'Java';
  /** Where it runs: `linux-x64`; `any` for Java. A processor without a name of ours is `linux-machine8`. */
  readonly platforms: readonly string[];
  /** Libraries that the system loads with it, none for Java. */
  readonly imports: readonly string[];
  /** Why the headers cannot be read, as the end of a sentence; platforms and imports are empty then. */
  readonly fault?: string;
}

type Header = Omit<NativeProgram, 'format' | 'fault'>;

// System V ABI, "e_machine" and "EI_OSABI"; PE Format, "Machine Types"; Mach-O, <mach/machine.h>.
const ELF_MACHINES: Readonly<Record<number, string>> = {
  3: 'ia32',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
};
const ELF_FREEBSD = 9;
const PE_MACHINES: Readonly<Record<number, string>> = { 0x14c: 'ia32', 0x8664: 'x64', 0xaa64: 'arm64' };
const MACH_CPUS: Readonly<Record<number, string>> = {
  7: 'ia32',
  12: 'arm',
  0x01000007: 'x64',
  0x0100000c: 'arm64',
};
const UNIVERSAL = 0xcafebabe;
/** A class file of Java begins like a universal Mach-O; its version, in the place of the number of programs, is 45 or more. */
const UNIVERSAL_PROGRAMS = 30;

/** A program by its headers; undefined for bytes that do not begin like one. */
export function readProgram(bytes: Uint8Array): NativeProgram | undefined {
  if (bytes.byteLength < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  if (magic === 0x7f454c46) return read('ELF', () => elfHeader(view));
  // Text may begin with the letters MZ, too.
  if (magic >>> 16 === 0x4d5a && bytes.subarray(0, 64).includes(0)) return read('PE', () => peHeader(view));
  if (magic === UNIVERSAL) {
    const count = bytes.byteLength < 8 ? 0 : view.getUint32(4);
    if (count > UNIVERSAL_PROGRAMS) return { format: 'Java', platforms: ['any'], imports: [] };
    return read('Mach-O', () => universalHeader(view, count));
  }
  const order = machByteOrder(view, 0);
  if (order === undefined) return undefined;
  return read('Mach-O', () => darwin([view.getUint32(4, order === 'little')], machImports(view, 0)));
}

function read(format: NativeProgram['format'], header: () => Header): NativeProgram {
  try {
    return { format, ...header() };
  } catch (error) {
    // What DataView throws for a place behind the end: every offset in a header is the author's.
    if (!(error instanceof RangeError)) throw error;
    return { format, platforms: [], imports: [], fault: 'ends before what its header names' };
  }
}

function peHeader(view: DataView): Header {
  const start = view.getUint32(0x3c, true);
  if (view.getUint32(start) !== 0x50450000) throw new RangeError('no PE header');
  const machine = view.getUint16(start + 4, true);
  return {
    platforms: [`win32-${PE_MACHINES[machine] ?? `machine${machine}`}`],
    imports: peImports(view, start),
  };
}

function universalHeader(view: DataView, count: number): Header {
  const places = Array.from({ length: count }, (_, index) => 8 + index * 20);
  const imports = places.flatMap((at) => machImports(view, view.getUint32(at + 8)));
  return darwin(
    places.map((at) => view.getUint32(at)),
    [...new Set(imports)],
  );
}

function darwin(cpus: readonly number[], imports: readonly string[]): Header {
  return { platforms: cpus.map((cpu) => `darwin-${MACH_CPUS[cpu] ?? `machine${cpu}`}`), imports };
}

/** Reads numbers of an ELF file, whose class and byte order its first bytes tell. */
interface ElfNumbers {
  readonly is64: boolean;
  readonly half: (at: number) => number;
  readonly word: (at: number) => number;
  /** An address, offset or size. */
  readonly wide: (at: number) => number;
}

function elfHeader(view: DataView): Header {
  const [is64, isLittle] = [view.getUint8(4) === 2, view.getUint8(5) === 1];
  const numbers: ElfNumbers = {
    is64,
    half: (at) => view.getUint16(at, isLittle),
    word: (at) => view.getUint32(at, isLittle),
    wide: (at) => (is64 ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle)),
  };
  const system = view.getUint8(7) === ELF_FREEBSD ? 'freebsd' : 'linux';
  const machine = numbers.half(18);
  return {
    platforms: [`${system}-${ELF_MACHINES[machine] ?? `machine${machine}`}`],
    imports: neededLibraries(view, numbers),
  };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const LOADED = 1;
const DYNAMIC = 2;
const NEEDED = 1;
const STRINGS = 5;

/** The names under DT_NEEDED (System V ABI, "Dynamic Section"), found as the loader finds them: by segments. */
function neededLibraries(view: DataView, numbers: ElfNumbers): readonly string[] {
  const segments = elfSegments(numbers);
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  if (dynamic === undefined) return [];
  const names: number[] = [];
  let strings = 0;
  const step = numbers.is64 ? 8 : 4;
  const entries = Math.min(LIMITS.nativeHeaders, Math.floor(dynamic.size / (2 * step)));
  for (let index = 0; index < entries; index++) {
    const at = dynamic.offset + index * 2 * step;
    const [tag, value] = [numbers.wide(at), numbers.wide(at + step)];
    if (tag === 0) break;
    if (tag === NEEDED && names.length < LIMITS.nativeImports) names.push(value);
    if (tag === STRINGS) strings = value;
  }
  const home = segments.find(
    ({ type, address, size }) => type === LOADED && strings >= address && strings < address + size,
  );
  if (home === undefined) return [];
  return names.map((name) => nameAt(view, strings - home.address + home.offset + name));
}

function elfSegments({ is64, half, word, wide }: ElfNumbers): readonly Segment[] {
  const start = wide(is64 ? 32 : 28);
  const [each, count] = [half(is64 ? 54 : 42), half(is64 ? 56 : 44)];
  return Array.from({ length: Math.min(count, LIMITS.nativeHeaders) }, (_, index) => {
    const at = start + index * each;
    return is64
      ? { type: word(at), offset: wide(at + 8), address: wide(at + 16), size: wide(at + 32) }
      : { type: word(at), offset: word(at + 4), address: word(at + 8), size: word(at + 16) };
  });
}
