import { isPluginName, type PluginName } from '../plugin-name.ts';

/** What stands before a name that begins with a digit. */
const BEFORE_DIGIT = 'plugin-';

/**
 * The plugin name that the id of a plugin of another ecosystem becomes: the id itself where it is one; else in
 * lower case, with one hyphen for everything between letters and digits, and with `plugin-` before a digit.
 * Undefined when that makes no plugin name either.
 *
 * Two ids may become one name; whoever imports them has to tell.
 */
export function importedName(id: string): PluginName | undefined {
  if (isPluginName(id)) return id;
  // Letters beyond ASCII are no separators: dropping them would make "café" the name of another plugin, "caf".
  if (/[^\x20-\x7e]/.test(id)) return undefined;
  const name = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .replace(/^(?=\d)/, BEFORE_DIGIT);
  return isPluginName(name) ? name : undefined;
}
