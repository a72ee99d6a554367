import type { Path } from '../../documents/source-text.ts';
import { hiddenText } from '../../scanning/rules/hidden-text.ts';
import { quote } from '../../text.ts';
import { scanOf, whereFound } from '../artifact-scan.ts';
import type { ChangeRule } from '../change-rule.ts';
import { confusableBecause } from '../confusable-text.ts';
import { type JudgedRelease, openedArtifacts, releaseRule } from '../release-rule.ts';

/**
 * What people read is what there is: no characters that hide or reorder text (CVE-2021-42574), no names that only
 * look like others. Control characters in the manifest itself never get this far: its reader refuses them.
 */
export const cleanText: ChangeRule = releaseRule({
  id: 'clean-text',
  title:
    'Texts hold no characters that hide or reorder them, and names no letters that only look like others.',
  waivable: false,
  judge(submission, say) {
    const { release } = submission;
    for (const opened of openedArtifacts(release)) {
      const hidden = scanOf(submission, opened).findings.filter(({ rule }) => rule === hiddenText.id);
      for (const finding of hidden) {
        say('error', opened.path, `${whereFound(finding, opened)}: ${finding.message}`, hiddenText.fix);
      }
    }
    for (const [path, name] of namesIn(submission)) {
      const reason = confusableBecause(name);
      if (reason !== undefined) {
        say('error', path, `The name ${quote(name)} ${reason}.`, 'Write it in the letters of one script.');
      }
    }
  },
});

type PlacedName = readonly [path: Path, name: string];

/** What users recognise things by, and where it stands; names of plugins are ASCII anyway. */
function namesIn({ change, plugin, release }: JudgedRelease): readonly PlacedName[] {
  const { displayName, authors, keywords, provides, bin } = release.manifest;
  const file = plugin.after;
  const owner = file === undefined ? undefined : change.owners.get(file.owner)?.about;
  return [
    ...named(['plugin', 'display_name'], [displayName]),
    ...named(
      ['plugin', 'author'],
      authors.map(({ name }) => name),
    ),
    ...named(['plugin', 'keywords'], keywords),
    ...named(['provides', 'commands'], provides.commands),
    ...named(['provides', 'languages'], provides.languages),
    ...named(['bin'], Object.keys(bin)),
    // These stand in other files, of the plugin and of its owner.
    ...named(['plugin'], [file?.displayName, ...(file?.keywords ?? []), owner?.displayName]),
  ];
}

function named(path: Path, names: readonly (string | undefined)[]): readonly PlacedName[] {
  return names.flatMap((name) => (name === undefined ? [] : [[path, name] as const]));
}
