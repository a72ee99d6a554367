import { SheafError } from './errors.ts';

declare const pluginNameBrand: unique symbol;

/** A checked plugin name: 2 to 64 characters, `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`, no device name of Windows, not `constructor`. */
export type PluginName = string & { readonly [pluginNameBrand]: true };

// Win32 "Naming Files, Paths, and Namespaces": these name devices in every directory, so they cannot be folders.
const DEVICE_NAMES = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

// Names are keys of tables, and there this one would reach a prototype; core/documents/toml-document.ts refuses such keys.
const UNSAFE_KEY = 'constructor';

/** Whether the text is a plugin name. */
export function isPluginName(text: unknown): text is PluginName {
  return (
    typeof text === 'string' &&
    text.length >= 2 &&
    text.length <= 64 &&
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text) &&
    !DEVICE_NAMES.test(text) &&
    text !== UNSAFE_KEY
  );
}

/**
 * The text as a plugin name.
 *
 * @throws SheafError `SHEAF_USAGE` when it is none.
 */
export function pluginName(text: string): PluginName {
  if (isPluginName(text)) return text;
  throw new SheafError('SHEAF_USAGE', `${JSON.stringify(text)} is not a plugin name.`, {
    hint: 'A name has 2 to 64 lower-case letters, digits and single hyphens, and starts with a letter.',
  });
}

/** Names that read alike are one name, of plugins and of owners: `graph-lens` and `graphlens` cannot both exist. */
export function foldName(name: string): string {
  return name.replaceAll('-', '');
}

/** The directory that spreads names over a tree: the first two characters. */
export function namePrefix(name: PluginName): string {
  return name.slice(0, 2);
}
