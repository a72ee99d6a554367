import { releaseDirectory } from '../../index/source-layout.ts';
import { foldName, type PluginName } from '../../plugin-name.ts';
import { type ChangeRule, errorIn } from '../change-rule.ts';

/** Who takes over a name takes over its users: lock files and scripts still ask for it. */
export const removedName: ChangeRule = {
  id: 'removed-name',
  title: 'A new name is none that the registry has removed.',
  waivable: false,
  judge: ({ plugins, names, registry }) =>
    plugins.flatMap(({ name, category }) => {
      const removed = Object.entries(registry.removedNames).find(
        ([other]) => foldName(other as PluginName) === foldName(name),
      );
      if (names.has(name) || removed === undefined) return [];
      return [
        errorIn(
          releaseDirectory(category, name),
          `The name ${removed[0]} was removed from the registry: ${removed[1]}.`,
          'Choose another name; only a change of registry.toml by maintainers gives this one free.',
        ),
      ];
    }),
};
