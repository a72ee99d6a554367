/** Compiles one AssemblyScript plugin, named below `examples/plugins`; throws with the compiler's messages. */
export function compilePlugin(source: string): Promise<Uint8Array>;
