import { parseSourcePath, type SourceFile, sourcePath } from '../index/source-layout.ts';
import { isPluginName, namePrefix } from '../plugin-name.ts';

/**
 * Where a file below `plugins/` belongs that only lies below the wrong two letters; undefined for every other path.
 */
export function misplacedPlugin(path: string): string | undefined {
  const [top, category, prefix, name = '', file, ...more] = path.split('/');
  if (top !== 'plugins' || more.length > 0 || !isPluginName(name) || prefix === namePrefix(name))
    return undefined;
  const source: SourceFile | undefined = parseSourcePath(
    `plugins/${category}/${namePrefix(name)}/${name}/${file}`,
  );
  return source === undefined ? undefined : sourcePath(source);
}
