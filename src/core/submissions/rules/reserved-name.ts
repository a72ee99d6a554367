import { releaseDirectory } from '../../index/source-layout.ts';
import { foldName } from '../../plugin-name.ts';
import { type ChangeRule, errorIn } from '../change-rule.ts';

/** Names that would pass for the registry itself, or that its maintainers keep for somebody. */
export const reservedName: ChangeRule = {
  id: 'reserved-name',
  title: 'A new name is none that the registry reserves.',
  waivable: true,
  judge: ({ plugins, names, registry }) =>
    plugins.flatMap(({ name, category }) => {
      const isReserved = registry.reservedNames.some((reserved) => foldName(reserved) === foldName(name));
      if (names.has(name) || !isReserved) return [];
      return [
        errorIn(
          releaseDirectory(category, name),
          `The name ${name} is reserved by the registry.`,
          'Choose another name, or ask the maintainers whether it is kept for you.',
        ),
      ];
    }),
};
