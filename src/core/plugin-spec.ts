import { SheafError } from './errors.ts';
import { isPluginName, type PluginName } from './plugin-name.ts';
import { quote } from './text.ts';
import { isVersionRange, type VersionRange } from './version.ts';

/** How a person names a plugin on the command line: `[ALIAS/]NAME[@RANGE]`. */
export interface PluginSpec {
  readonly name: PluginName;
  /** Alias of the only registry it may come from. */
  readonly alias?: string;
  readonly range?: VersionRange;
}

/**
 * Reads `graph-lens`, `graph-lens@^1.2` or `acme/graph-lens@1.10.0`.
 *
 * @throws SheafError `SHEAF_USAGE`.
 */
export function parsePluginSpec(text: string): PluginSpec {
  const match = /^(?:([^/@]+)\/)?([^/@]+)(?:@(.+))?$/s.exec(text);
  const [, alias, name, range] = match ?? [];
  if (!isPluginName(name)) {
    throw new SheafError('SHEAF_USAGE', `${quote(text)} does not name a plugin.`, {
      hint: 'Write NAME, NAME@RANGE or ALIAS/NAME@RANGE; a name has lower-case letters, digits and hyphens.',
    });
  }
  if (range !== undefined && !isVersionRange(range)) {
    throw new SheafError('SHEAF_USAGE', `${quote(range)} is not a version or a range of versions.`, {
      hint: `Write for example ${name}@1.2.0, ${name}@^1.2 or "${name}@>=1.2 <3".`,
    });
  }
  return {
    name,
    ...(alias === undefined ? {} : { alias }),
    ...(range === undefined ? {} : { range }),
  };
}
