import type { OutputAsset, OutputChunk } from 'rolldown';

/** Bundles the program in which plugins run into a directory that needs nothing else. */
export function bundleRunner(input: string, directory: string): Promise<(OutputChunk | OutputAsset)[]>;
