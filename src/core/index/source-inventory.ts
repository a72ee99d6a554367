import type { Finding } from '../finding.ts';
import type { PluginName } from '../plugin-name.ts';
import { parseSourcePath, type SourceFile } from './source-layout.ts';

/** The files of a registry repository by the plugin or owner they belong to; the rest lies at known places. */
export interface SourceInventory {
  readonly plugins: ReadonlyMap<PluginName, readonly SourceEntry[]>;
  readonly owners: ReadonlyMap<string, readonly SourceEntry[]>;
  /** One for each file that has no place in a registry. */
  readonly findings: readonly Finding[];
}

/** A file and what it is. */
export interface SourceEntry {
  readonly path: string;
  readonly file: SourceFile;
}

/** Sorts paths into an inventory. A README or a dotfile may lie anywhere. */
export function inventoryOf(paths: Iterable<string>): SourceInventory {
  const plugins = new Map<PluginName, SourceEntry[]>();
  const owners = new Map<string, SourceEntry[]>();
  const findings: Finding[] = [];
  for (const path of paths) {
    const file = parseSourcePath(path);
    if (file === undefined) {
      if (!mayLieAnywhere(path)) findings.push(strayFile(path));
    } else if ('plugin' in file) append(plugins, file.plugin, { path, file });
    else if ('owner' in file) append(owners, file.owner, { path, file });
  }
  return { plugins, owners, findings };
}

function mayLieAnywhere(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('.') || /^README(\.[a-z]+)?$/i.test(name);
}

/**
 * Below `plugins/` every file is somebody's release, so one that is ignored is a mistake that its author must
 * see; elsewhere a registry may keep files of its own.
 */
function strayFile(path: string): Finding {
  return {
    rule: 'stray-file',
    severity: path.startsWith('plugins/') ? 'error' : 'warning',
    place: { file: path },
    message: `${JSON.stringify(path)} is no file of a registry, so the index leaves it out.`,
    fix: 'Check its name and directory, or remove it.',
  };
}

function append<K>(map: Map<K, SourceEntry[]>, key: K, entry: SourceEntry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else entries.push(entry);
}
