import { releaseDirectory } from '../../index/source-layout.ts';
import type { ChangedPlugin, NearPlugin } from '../change.ts';
import type { ChangeFault, ChangeRule } from '../change-rule.ts';
import { reasonOf } from '../near-names.ts';

/**
 * Typo-squatting: a name that people get by a slip, or take for another. By the same owner it is a family of plugins,
 * and after a look by maintainers it may be a coincidence.
 */
export const nameDistance: ChangeRule = {
  id: 'name-distance',
  title: "A new name cannot be mistaken for that of somebody else's plugin.",
  waivable: true,
  judge: ({ plugins }) =>
    plugins.flatMap((plugin) =>
      plugin.near
        .filter(({ owner }) => owner === undefined || owner !== plugin.after?.owner)
        .map(faultOf(plugin)),
    ),
};

function faultOf({ category, name }: ChangedPlugin): (near: NearPlugin) => ChangeFault {
  return (near) => ({
    severity: severityOf(name, near),
    place: { file: releaseDirectory(category, name) },
    message: `${name} could be mistaken for ${near.name}${near.owner === undefined ? '' : ` of ${near.owner}`}: ${reasonOf(near)}.`,
    fix: 'Choose a name that differs more, or ask the maintainers to waive this.',
  });
}

/** In long names a single slip is no coincidence; in short ones it often is. */
function severityOf(name: string, { how, slips }: NearPlugin): ChangeFault['severity'] {
  if (how === 'looks-alike') return 'error';
  return how === 'typo' && slips === 1 && name.replaceAll('-', '').length >= 8 ? 'error' : 'warning';
}
