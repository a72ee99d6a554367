import { baseName } from '../../documents/file-reading.ts';
import { quote } from '../../text.ts';
import { exampleProgram } from '../program-example.ts';
import type { ScanRule } from '../scan-rule.ts';

/** What the C library and the compilers of a system consist of: GNU, musl, FreeBSD; Windows; macOS. */
const SYSTEM: readonly RegExp[] = [
  /^(?:ld-(?:linux|musl)|lib(?:c|m|dl|rt|pthread|resolv|util|thr|sys|gcc_s|stdc\+\+|c\+\+|cxxrt)(?=\.))/,
  /^(?:kernel32|kernelbase|ntdll|msvcrt|ucrtbase|vcruntime\d+(?:_\d)?|msvcp\d+|api-ms-win-[a-z0-9-]+)\.dll$/i,
  /^\/usr\/lib\/lib(?:System|c\+\+|c\+\+abi|objc)\.[^/]+$/,
];

/** A program can do what its libraries can: the list is what a reviewer begins with. */
export const nativeImports: ScanRule = {
  id: 'native-imports',
  level: 'info',
  title: 'a native program loads libraries beyond those of the C library',
  fix: 'Link them statically, or name the programs and libraries that are needed in the README.',
  vulnerable: { files: { helper: exampleProgram(62, ['libcurl.so.4', 'libc.so.6']) }, tier: 'native' },
  clean: {
    files: { helper: exampleProgram(62, ['libc.so.6', 'libstdc++.so.6', 'ld-linux-x86-64.so.2']) },
    tier: 'native',
  },
  find: ({ programs, files }) => {
    const own = new Set(files.map(({ path }) => baseName(path)));
    return programs.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !SYSTEM.some((pattern) => pattern.test(name)) && !own.has(baseName(name)))
        .map((name) => ({ path, message: `The program loads ${quote(name)}.` })),
    );
  },
};
