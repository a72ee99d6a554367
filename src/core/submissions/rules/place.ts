import { releaseDirectory, sourcePath } from '../../index/source-layout.ts';
import { quote } from '../../text.ts';
import { bytesAfter } from '../bytes-after.ts';
import type { Change, ChangedPlugin } from '../change.ts';
import { type ChangeFault, type ChangeRule, errorIn } from '../change-rule.ts';
import { placeOfKey } from '../key-place.ts';
import { misplacedPlugin } from '../misplaced-plugin.ts';

/** A plugin is found by where it lies, so what it says of itself must be that. */
export const place: ChangeRule = {
  id: 'place',
  title: 'Name, version, folder and category agree, and the registry has the category.',
  waivable: false,
  judge: (change) => [
    ...judgePaths(change),
    ...change.plugins.flatMap((plugin) => [
      ...judgeCategory(plugin, change),
      ...judgeContents(plugin, change),
    ]),
  ],
};

function judgePaths({ files }: Change): readonly ChangeFault[] {
  return files.flatMap(({ path, change }) => {
    const right = change === 'removed' ? undefined : misplacedPlugin(path);
    return right === undefined
      ? []
      : [errorIn(path, `${quote(path)} lies below the wrong two letters.`, `Move it to ${right}.`)];
  });
}

function judgeCategory({ category, name, published }: ChangedPlugin, change: Change): readonly ChangeFault[] {
  if (change.categories.has(category) || published.size > 0) return [];
  const known = [...change.categories].toSorted().join(', ');
  return [
    errorIn(
      releaseDirectory(category, name),
      `The registry has no category ${quote(category)}.`,
      `Put ${name} into one of ${known}, or ask the maintainers for a new one.`,
    ),
  ];
}

function judgeContents(plugin: ChangedPlugin, change: Change): readonly ChangeFault[] {
  const { category, name, after, releases } = plugin;
  const path = sourcePath({ kind: 'plugin', category, plugin: name });
  const own = bytesAfter(change, path);
  const isNamed = own === undefined || after === undefined || after.name === name;
  return [
    ...(isNamed ? [] : [misnamed(path, own, after.name, name)]),
    ...releases.flatMap(({ path, bytes, manifest }) => [
      ...(manifest.name === name ? [] : [misnamed(path, bytes, manifest.name, name)]),
      ...(manifest.category === undefined || manifest.category === category
        ? []
        : [
            {
              severity: 'error' as const,
              place: placeOfKey(path, bytes, ['plugin', 'category']),
              message: `The manifest says category ${quote(manifest.category)}, and it lies in ${category}.`,
              fix: `Write category = ${quote(category)} and sign again, or move a new plugin to its category.`,
            },
          ]),
    ]),
  ];
}

function misnamed(path: string, bytes: Uint8Array, said: string, name: string): ChangeFault {
  return {
    severity: 'error',
    place: placeOfKey(path, bytes, ['plugin', 'name']),
    message: `The name is ${quote(said)}, and the folder is that of ${name}.`,
    fix: `Write name = ${quote(name)} and sign again, or move the file to the folder of ${quote(said)}.`,
  };
}
