import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { requiredFiles as requiredOfAuthors } from '../../checking/rules/required-files.ts';
import { lowerFirst } from '../../text.ts';
import type { ChangeRule } from '../change-rule.ts';
import { packedPlugin } from '../packed-plugin.ts';
import { openedArtifacts, releaseRule } from '../release-rule.ts';

/** Who has the archive has the right to use it, and can read what it is. A bare module has no room for texts. */
export const requiredFiles: ChangeRule = releaseRule({
  id: 'required-files',
  title: 'Archives hold the text of the licence, a README, and every file that the manifest names.',
  waivable: true,
  judge({ release, isImported }, say) {
    for (const opened of openedArtifacts(release)) {
      const { artifact, path, title } = opened;
      const isArchive = artifact.kind === 'archive' || artifact.kind === 'source';
      for (const fault of requiredOfAuthors.check(packedPlugin(release, opened))) {
        const isNamed = fault.path === AUTHOR_MANIFEST;
        if (!isNamed && (!isArchive || isImported)) continue;
        say(fault.severity, path, `In ${title}: ${lowerFirst(fault.message)}`, fault.fix);
      }
    }
  },
});
