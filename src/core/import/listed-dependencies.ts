import type { PluginDependency } from '../formats/manifest.ts';
import { quote } from '../text.ts';
import { isVersionRange, type VersionRange } from '../version.ts';
import { importedName } from './imported-name.ts';

/** A list of dependencies, told apart. */
export interface ListedDependencies {
  readonly plugins: Readonly<Record<string, PluginDependency>>;
  /** Commands that must be on the machine. */
  readonly requires: Readonly<Record<string, VersionRange>>;
}

const COMMAND = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;
const ANY = '*' as VersionRange;

/**
 * Tells apart what other ecosystems write into one list: `users@^1.0.0` is a plugin with a range, `rustc` a
 * command; but the name of a plugin of the same list is that plugin.
 *
 * @param onLoss is told of each entry that is neither, as one sentence.
 */
export function listedDependencies(
  entries: readonly string[],
  isPlugin: (id: string) => boolean,
  onLoss: (index: number, message: string) => void,
): ListedDependencies {
  const plugins = new Map<string, PluginDependency>();
  const requires = new Map<string, VersionRange>();
  for (const [index, entry] of entries.entries()) {
    const at = entry.indexOf('@', 1);
    const id = (at === -1 ? entry : entry.slice(0, at)).trim();
    const range = at === -1 ? ANY : entry.slice(at + 1).trim();
    const name = importedName(id);
    if (range === '' || !isVersionRange(range)) {
      onLoss(index, `${quote(range)} of the dependency ${quote(id)} is not a range of versions.`);
    } else if ((at !== -1 || isPlugin(id)) && name !== undefined) {
      plugins.set(name, { range, optional: false });
    } else if (at === -1 && COMMAND.test(id)) {
      requires.set(id, range);
    } else onLoss(index, `The dependency ${quote(entry)} names neither a plugin nor a command.`);
  }
  return { plugins: Object.fromEntries(plugins), requires: Object.fromEntries(requires) };
}
