import type { LaidOutPlugin, PluginFile } from '../authoring/ports.ts';

/** Lays files out in a new folder; each of them can be started, because nobody says which have to be. */
export type LayOut = (files: readonly PluginFile[]) => Promise<LaidOutPlugin>;
