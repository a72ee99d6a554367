import type { Finding } from '../finding.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';

/** What became of one plugin of another ecosystem's list. */
export interface ImportedPlugin {
  /** As the list names it, also when sheaf does not allow that name. */
  readonly name: string;
  /** The file of the list that it stands in. */
  readonly file: string;
  /** Its name in the registry, where that differs. */
  readonly as?: PluginName;
  /**
   * `added`: the release was written. `kept`: the registry has that release already, and it stayed as it is.
   * `left-out`: it could not be carried over, and the errors among the findings tell why.
   */
  readonly outcome: 'added' | 'kept' | 'left-out';
  readonly version?: Version;
  /** Platforms the release has an artifact for. */
  readonly platforms: readonly Platform[];
  /** Everything that was lost, changed or assumed on the way. */
  readonly findings: readonly Finding[];
}

/** How often each outcome occurred; `artifacts` counts those of added and kept releases. */
export type ImportTotals = Readonly<
  Record<'added' | 'kept' | 'leftOut' | 'artifacts' | 'withFindings', number>
>;

/** Counts what happened. */
export function importTotals(plugins: readonly ImportedPlugin[]): ImportTotals {
  const number = (outcome: ImportedPlugin['outcome']): number =>
    plugins.filter((plugin) => plugin.outcome === outcome).length;
  return {
    added: number('added'),
    kept: number('kept'),
    leftOut: number('left-out'),
    artifacts: plugins.reduce((sum, { platforms }) => sum + platforms.length, 0),
    withFindings: plugins.filter(({ findings }) => findings.length > 0).length,
  };
}
