import { sourcePath } from '../../index/source-layout.ts';
import { foldName } from '../../plugin-name.ts';
import type { ChangeFault, ChangeRule } from '../change-rule.ts';
import { nearNames, reasonOf } from '../near-names.ts';

/**
 * Users agree to an owner once, by name. Owners have no family of names, and people share surnames and first names,
 * so nearness is for a maintainer to look at and never an error.
 */
export const ownerDistance: ChangeRule = {
  id: 'owner-distance',
  title: 'The name of a new owner cannot be mistaken for that of another.',
  waivable: true,
  judge: ({ owners, otherOwners }) =>
    [...owners.values()]
      .filter(({ isNew }) => isNew)
      .flatMap(({ name }) => [
        ...[...otherOwners.keys()]
          .filter((other) => foldName(other) === foldName(name))
          .map((other) => fault(name, other, 'the same but for hyphens')),
        ...nearNames(name, otherOwners.keys()).map((near) => fault(name, near.name, reasonOf(near))),
      ]),
};

function fault(name: string, other: string, reason: string): ChangeFault {
  return {
    severity: 'warning',
    place: { file: sourcePath({ kind: 'owner', owner: name }) },
    message: `The owner ${name} could be mistaken for ${other}: ${reason}.`,
    fix: 'Choose a name that differs more, or show the maintainers that both are meant.',
  };
}
