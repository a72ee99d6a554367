import { SheafError } from '../errors.ts';
import type { PluginName } from '../plugin-name.ts';

/**
 * Plugins in the order in which they are loaded: each after everything that it needs, and otherwise as named.
 *
 * @param needs what a plugin needs; asked once for each.
 * @throws SheafError `SHEAF_RESOLUTION` for plugins that need each other, with the circle.
 */
export function loadOrder(
  names: readonly PluginName[],
  needs: (name: PluginName) => readonly PluginName[],
): readonly PluginName[] {
  const ordered = new Set<PluginName>();
  const path: PluginName[] = [];
  const visit = (name: PluginName): void => {
    if (ordered.has(name)) return;
    if (path.includes(name)) throw circle([...path.slice(path.indexOf(name)), name]);
    path.push(name);
    for (const needed of needs(name)) visit(needed);
    path.pop();
    ordered.add(name);
  };
  for (const name of names) visit(name);
  return [...ordered];
}

function circle(path: readonly PluginName[]): SheafError {
  return new SheafError('SHEAF_RESOLUTION', `No order to load these plugins: ${path.join(' needs ')}.`, {
    hint: 'Tell their authors, and do without one of them.',
    details: { circle: path },
  });
}
