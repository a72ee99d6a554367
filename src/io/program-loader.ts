import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

/** How the names of files begin that a command imports and few of its runs need. */
const LATER = 'later-';

/** Modules of node that take a good part of a millisecond to load, and that few runs need. */
const LATER_BUILTINS: ReadonlySet<string> = new Set([
  'node:child_process',
  'node:net',
  'node:os',
  'node:readline/promises',
  'node:stream',
  'node:timers/promises',
  'node:vm',
  'node:zlib',
]);

/** Loads the files of a program that were built as CommonJS modules into one directory. */
export interface ProgramLoader {
  /** What a file of the directory exports; run at the first call. */
  load(file: string): unknown;
  /** Writes down the machine's form of what was compiled since the loader began, for the next process. */
  keep(): void;
}

/**
 * Creates a loader that need not compile what an earlier process compiled: V8 hands out the code of a script, and
 * takes it back where its own version and flags are the same (node:vm, `cachedData`). Compiling takes most of the
 * time in which a command starts.
 *
 * V8 runs that code unchecked. So it is kept in the package, where only those can write who can change the program
 * itself, and not in a cache directory. It is filed under the digest of the source. Where the package cannot be
 * written, every process compiles for itself.
 *
 * @param directory two below the package.
 * @param kind what the process does: commands compile different functions of the same files.
 */
export function createProgramLoader(directory: string, kind: string): ProgramLoader {
  const codeDirectory = join(
    directory,
    '../../node_modules/.cache/sheaf',
    `${process.version}-${process.arch}`,
    kind,
  );
  const outside = createRequire(join(directory, 'program.js'));
  const modules = new Map<string, { exports: unknown }>();
  const compiled = new Map<string, Script>();

  const compile = (filename: string): Script => {
    const source = readFileSync(filename, 'utf8');
    const codeFile = join(codeDirectory, createHash('sha256').update(source).digest('hex'));
    const cachedData = readIfPossible(codeFile);
    const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
      filename,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.set(codeFile, script);
    return script;
  };

  const require = (id: string): unknown => {
    if (LATER_BUILTINS.has(id)) return deferred(() => outside(id) as object);
    if (!id.startsWith('./')) return outside(id);
    const file = id.slice('./'.length);
    return file.startsWith(LATER) ? deferred(() => load(file) as object) : load(file);
  };

  const load = (file: string): unknown => {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const filename = join(directory, file);
    const run = compile(filename).runInThisContext() as CommonJsWrapper;
    const module = { exports: {} };
    modules.set(file, module);
    run(module.exports, require, module, filename, directory);
    return module.exports;
  };

  return {
    load,
    keep() {
      try {
        if (compiled.size > 0) mkdirSync(codeDirectory, { recursive: true });
        for (const [codeFile, script] of compiled) {
          const temporary = `${codeFile}.${process.pid}`;
          writeFileSync(temporary, script.createCachedData());
          renameSync(temporary, codeFile);
        }
      } catch {
        // Installed where this user cannot write, or the disk is full: the next process compiles again.
      }
    },
  };
}

/** A module that is loaded when the first of its exports is used: what `import defer` is to become. */
function deferred(load: () => object): object {
  return new Proxy({}, { get: (_, name): unknown => Reflect.get(load(), name) });
}

type CommonJsWrapper = (
  exports: unknown,
  require: (id: string) => unknown,
  module: { exports: unknown },
  filename: string,
  directory: string,
) => void;

function readIfPossible(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
