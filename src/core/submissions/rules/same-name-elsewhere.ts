import { releaseDirectory } from '../../index/source-layout.ts';
import { foldName } from '../../plugin-name.ts';
import { type ChangeRule, errorIn } from '../change-rule.ts';

/** A name is one plugin: whoever asks for it must not get one of two. */
export const sameNameElsewhere: ChangeRule = {
  id: 'same-name-elsewhere',
  title: 'The registry has no other plugin of the same name, whatever its category and its hyphens.',
  waivable: false,
  judge({ plugins, names }) {
    return plugins.flatMap(({ name, category }) => {
      const directory = releaseDirectory(category, name);
      const known = names.get(name);
      if (known !== undefined) {
        if (known.includes(category)) return [];
        return [
          errorIn(
            directory,
            `${name} is in the category ${known.join(' and ')} already.`,
            'Put the release there; maintainers move a plugin from one category to another.',
          ),
        ];
      }
      const folded = foldName(name);
      const twin = [...names.keys()].find((other) => foldName(other) === folded);
      if (twin === undefined) return [];
      return [
        errorIn(
          directory,
          `${name} is the same name as ${twin}, which the registry has: hyphens make no difference.`,
          'Choose another name.',
        ),
      ];
    });
  },
};
