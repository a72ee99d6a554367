/** The compiler whose output is committed. */
export const CLANG: { readonly program: string; readonly version: string };

/** The version of clang that is installed; undefined when there is none, or no linker beside it. */
export function clangVersion(): Promise<string | undefined>;

/** Compiles one plugin written in C, named below `examples/plugins`; throws with the compiler's messages. */
export function compileC(source: string): Promise<Uint8Array>;
